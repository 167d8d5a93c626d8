"""
The fundamentals of autograd
============================

This is the tutorial that plugrad was born from, with one import changed. The code is that of
PyTorch's `The Fundamentals of Autograd
<https://docs.pytorch.org/tutorials/beginner/introyt/autogradyt_tutorial.html>`_ (BSD-3-Clause,
Copyright (c) 2017 PyTorch contributors); the words between the cells are ours. Every cell prints
here what it prints under PyTorch from the same seed, which plugrad's tests check.
"""

# %%
# Training a model means asking, again and again: if this weight were a little larger, how would the
# loss change? The answer is a derivative, and the loss is a long composition of simple functions
# whose derivatives are known. Autograd writes the composition down while it is computed, whatever
# loops and branches the program takes, and then walks it backwards with the chain rule.

# %matplotlib inline

import plugrad as torch

import matplotlib.pyplot as plt
import matplotlib.ticker as ticker
import math

# %%
# A first example
# ---------------
# Twenty-five points between 0 and :math:`2\pi`. With ``requires_grad=True``, everything that is
# computed from them is recorded.

a = torch.linspace(0., 2. * math.pi, steps=25, requires_grad=True)
print(a)

# %%
# Matplotlib wants plain arrays, which have no gradients, so the tensors are detached first.

b = torch.sin(a)
plt.plot(a.detach(), b.detach())

# %%
# The sine knows how it was made: ``grad_fn`` is the step that the backward will take here.

print(b)

# %%
# Arithmetic with Python numbers is recorded just the same.

c = 2 * b
print(c)

d = c + 1
print(d)

# %%
# A sum makes it one number: the usual shape of a loss.

out = d.sum()
print(out)

# %%
# From the last step the whole record can be followed back to the inputs. The input itself was not
# computed from anything: it has no ``grad_fn``, and its end of the record is an ``AccumulateGrad``,
# where its gradient will be collected.

print('d:')
print(d.grad_fn)
print(d.grad_fn.next_functions)
print(d.grad_fn.next_functions[0][0].next_functions)
print(d.grad_fn.next_functions[0][0].next_functions[0][0].next_functions)
print(d.grad_fn.next_functions[0][0].next_functions[0][0].next_functions[0][0].next_functions)
print('\nc:')
print(c.grad_fn)
print('\nb:')
print(b.grad_fn)
print('\na:')
print(a.grad_fn)

# %%
# ``backward`` walks it. The derivative of :math:`\sum (2 \sin a + 1)` is :math:`2 \cos a`, and that
# is what the curve shows.

out.backward()
print(a.grad)
plt.plot(a.detach(), a.grad.detach())

# %%
# Only leaves keep their gradient: what the user made, not what was computed on the way. Here are
# the steps once more in one piece.

a = torch.linspace(0., 2. * math.pi, steps=25, requires_grad=True)
b = torch.sin(a)
c = 2 * b
d = c + 1
out = d.sum()

# %%
# In training
# -----------
# A small model, with random numbers in place of data. Nobody says ``requires_grad`` for its
# weights: the parameters of a module want gradients from the start.

BATCH_SIZE = 16
DIM_IN = 1000
HIDDEN_SIZE = 100
DIM_OUT = 10

class TinyModel(torch.nn.Module):

    def __init__(self):
        super(TinyModel, self).__init__()

        self.layer1 = torch.nn.Linear(1000, 100)
        self.relu = torch.nn.ReLU()
        self.layer2 = torch.nn.Linear(100, 10)

    def forward(self, x):
        x = self.layer1(x)
        x = self.relu(x)
        x = self.layer2(x)
        return x

some_input = torch.randn(BATCH_SIZE, DIM_IN, requires_grad=False)
ideal_output = torch.randn(BATCH_SIZE, DIM_OUT, requires_grad=False)

model = TinyModel()

# %%
# There are weights, and no gradients yet.

print(model.layer2.weight[0][0:10]) # just a small slice
print(model.layer2.weight.grad)

# %%
# One step forward: a prediction, and its squared distance from what it should have been.

optimizer = torch.optim.SGD(model.parameters(), lr=0.001)

prediction = model(some_input)

loss = (ideal_output - prediction).pow(2).sum()
print(loss)

# %%
# One step backward. Now there are gradients, and the weights are what they were.

loss.backward()
print(model.layer2.weight[0][0:10])
print(model.layer2.weight.grad[0][0:10])

# %%
# The optimizer is what changes them.

optimizer.step()
print(model.layer2.weight[0][0:10])
print(model.layer2.weight.grad[0][0:10])

# %%
# Gradients add up from one ``backward`` to the next, until ``zero_grad`` clears them. Who forgets
# it trains on the sum of all steps so far.

print(model.layer2.weight.grad[0][0:10])

for i in range(0, 5):
    prediction = model(some_input)
    loss = (ideal_output - prediction).pow(2).sum()
    loss.backward()

print(model.layer2.weight.grad[0][0:10])

optimizer.zero_grad(set_to_none=False)

print(model.layer2.weight.grad[0][0:10])

# %%
# Switching it off and on
# -----------------------
# A leaf can stop wanting a gradient: what is computed from then on is not recorded.

a = torch.ones(2, 3, requires_grad=True)
print(a)

b1 = 2 * a
print(b1)

a.requires_grad = False
b2 = 2 * a
print(b2)

# %%
# For a stretch of code there is ``no_grad``.

a = torch.ones(2, 3, requires_grad=True) * 2
b = torch.ones(2, 3, requires_grad=True) * 3

c1 = a + b
print(c1)

with torch.no_grad():
    c2 = a + b

print(c2)

c3 = a * b
print(c3)

# %%
# It decorates functions, too.

def add_tensors1(x, y):
    return x + y

@torch.no_grad()
def add_tensors2(x, y):
    return x + y


a = torch.ones(2, 3, requires_grad=True) * 2
b = torch.ones(2, 3, requires_grad=True) * 3

c1 = add_tensors1(a, b)
print(c1)

c2 = add_tensors2(a, b)
print(c2)

# %%
# And ``detach`` gives the same numbers, in the same memory, without the record.

x = torch.rand(5, requires_grad=True)
y = x.detach()

print(x)
print(y)

# %%
# Autograd and operations in place
# --------------------------------
# The backward needs numbers from the forward. To overwrite them in place can destroy what it needs,
# and to overwrite a leaf would leave its gradient without a meaning. So that is an error.

a = torch.linspace(0., 2. * math.pi, steps=25, requires_grad=True)
try:
    torch.sin_(a)
except RuntimeError as error:
    print(error)

# %%
# The profiler
# ------------
# Since every operation passes through one place, it can be counted and timed there.

device = torch.device('cpu')
run_on_gpu = False
if torch.cuda.is_available():
    device = torch.device('cuda')
    run_on_gpu = True

x = torch.randn(2, 3, requires_grad=True)
y = torch.rand(2, 3, requires_grad=True)
z = torch.ones(2, 3, requires_grad=True)

with torch.autograd.profiler.profile(use_cuda=run_on_gpu) as prf:
    for _ in range(1000):
        z = (z / x) * y

print(prf.key_averages().table(sort_by='self_cpu_time_total'))

# %%
# Vectors times Jacobians
# -----------------------
# A function of :math:`n` numbers that returns :math:`m` of them has a matrix of derivatives, its
# Jacobian :math:`J`. What the backward computes is never the matrix but a product
# :math:`v^T J`, where :math:`v` is the gradient of whatever comes after. After a loss there is
# nothing, and :math:`v` is the number 1. Here there are three outputs:

x = torch.randn(3, requires_grad=True)

y = x * 2
while y.data.norm() < 1000:
    y = y * 2

print(y)

# %%
# So ``backward`` must be told which combination of them to differentiate.

v = torch.tensor([0.1, 1.0, 0.0001], dtype=torch.float) # stand-in for gradients
y.backward(v)

print(x.grad)

# %%
# The functional interface
# ------------------------
# ``jacobian`` gives the matrix itself, one block for each input. The derivative of
# :math:`2 e^x + 3 y` is :math:`2 e^x` with respect to :math:`x`, and 3 with respect to :math:`y`.

def exp_adder(x, y):
    return 2 * x.exp() + 3 * y

inputs = (torch.rand(1), torch.rand(1)) # arguments for the function
print(inputs)
torch.autograd.functional.jacobian(exp_adder, inputs)

# %%
# With more elements the blocks are matrices.

inputs = (torch.rand(3), torch.rand(3)) # arguments for the function
print(inputs)
torch.autograd.functional.jacobian(exp_adder, inputs)

# %%
# And ``vjp`` is the product without the matrix. ``jvp`` multiplies from the other side, ``hessian``,
# ``vhp`` and ``hvp`` do the same for second derivatives.

def do_some_doubling(x):
    y = x * 2
    while y.data.norm() < 1000:
        y = y * 2
    return y

inputs = torch.randn(3)
my_gradients = torch.tensor([0.1, 1.0, 0.0001])
torch.autograd.functional.vjp(do_some_doubling, inputs, v=my_gradients)
