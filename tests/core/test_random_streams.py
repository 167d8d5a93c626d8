"""The random streams: what PyTorch 2.13 drew from seed 2024, states, bad input, chance itself."""

from __future__ import annotations

import copy
import pickle
import threading
import zlib
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugrad.random import default_generator, manual_seed, permutation
from plugrad.random import distributions as draw
from plugrad.random.fused import multiply_add
from plugrad.random.generator import Generator

SEED = 2024
FLOAT32, FLOAT64, INT64 = (np.dtype(kind) for kind in ("float32", "float64", "int64"))
MANY = 10_000


def dtype_of(name: str) -> np.dtype[Any]:
    return np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)


def checksum(array: np.ndarray[Any, Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


@pytest.fixture
def generator() -> Generator:
    return Generator().manual_seed(SEED)


# --- the stream --------------------------------------------------------------------------------


def test_the_words_are_those_of_the_reference_implementation() -> None:
    words = Generator().manual_seed(5489).words32(10_000)
    assert words[0] == 3499211612
    assert words[-1] == 4123659995  # what the C++ standard requires of its mt19937


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3000)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_words_do_not_depend_on_how_they_are_asked_for(requests: list[tuple[bool, int]]) -> None:
    pieces, whole = Generator(), Generator()
    for wide, count in requests:
        if wide:
            halves = whole.words32(2 * count).astype(np.uint64)
            expected = halves[::2] << 32 | halves[1::2]
            np.testing.assert_array_equal(pieces.words64(count), expected)
        else:
            each = [int(pieces.words32(1)[0]) for _ in range(count % 7)]
            assert each == whole.words32(count % 7).tolist()


@pytest.mark.parametrize("seed", [0, 1, -1, 2**32, -(2**63), 2**64 - 1, np.int64(7)])
def test_every_64_bit_seed_is_accepted(seed: int) -> None:
    generator = Generator().manual_seed(seed)
    assert generator.initial_seed() == int(seed) % 2**64
    same = Generator().manual_seed(int(seed) % 2**32)
    assert generator.words32(3).tolist() == same.words32(3).tolist()


@pytest.mark.parametrize(
    ("seed", "error"),
    [
        (2**64, ValueError),
        (-(2**63) - 1, ValueError),
        (1.0, RuntimeError),
        (float("nan"), RuntimeError),
        (True, RuntimeError),
        ("3", RuntimeError),
        (None, RuntimeError),
    ],
    ids=repr,
)
def test_a_bad_seed_leaves_the_stream_alone(
    seed: Any, error: type[Exception], generator: Generator
) -> None:
    draw.normal(generator, 3, FLOAT32)
    before = generator.get_state()
    with pytest.raises(error, match="seed"):
        generator.manual_seed(seed)
    np.testing.assert_array_equal(generator.get_state(), before)


@pytest.mark.parametrize(
    ("seed", "error"),
    [
        (float("nan"), ValueError),
        (float("inf"), OverflowError),
        (1e30, ValueError),
        ("x", ValueError),
        (None, TypeError),
    ],
    ids=repr,
)
def test_a_bad_seed_leaves_the_default_stream_alone(seed: Any, error: type[Exception]) -> None:
    before = default_generator.get_state()
    with pytest.raises(error):
        manual_seed(seed)
    np.testing.assert_array_equal(default_generator.get_state(), before)


def test_the_default_generator_takes_any_number() -> None:
    before = default_generator.get_state()
    assert manual_seed(1.7) is default_generator
    assert default_generator.initial_seed() == 1
    default_generator.set_state(before)


def test_seeding_from_the_system_is_repeatable_afterwards() -> None:
    generator = Generator()
    seed = generator.seed()
    assert seed == generator.initial_seed()
    assert generator.words32(3).tolist() == Generator().manual_seed(seed).words32(3).tolist()
    assert seed != generator.seed()


# --- the state ---------------------------------------------------------------------------------


@given(st.integers(0, 2**64 - 1), st.integers(0, 1300), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_a_state_brings_the_same_numbers_back(seed: int, words: int, normals: int) -> None:
    generator = Generator().manual_seed(seed)
    draw.uniform(generator, words, FLOAT32)
    draw.normal(generator, normals, FLOAT32)
    state = generator.get_state()
    assert state.dtype == np.uint8
    assert state.shape == (5056,)
    first = [draw.normal(generator, 2, FLOAT64), draw.uniform(generator, 700, FLOAT64)]
    for other in (generator, Generator()):
        other.set_state(state)
        np.testing.assert_array_equal(other.get_state(), state)
        assert other.initial_seed() == seed
        again = [draw.normal(other, 2, FLOAT64), draw.uniform(other, 700, FLOAT64)]
        for one, two in zip(first, again, strict=True):
            np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "duplicate",
    [
        Generator.clone_state,
        copy.copy,
        copy.deepcopy,
        lambda generator: pickle.loads(pickle.dumps(generator)),
    ],
    ids=["clone_state", "copy", "deepcopy", "pickle"],
)
def test_a_duplicate_goes_its_own_way(duplicate: Any, generator: Generator) -> None:
    draw.normal(generator, 3, FLOAT32)
    twin = duplicate(generator)
    expected = draw.normal(generator, 5, FLOAT32)
    np.testing.assert_array_equal(draw.normal(twin, 5, FLOAT32), expected)
    assert twin.device == generator.device


def test_asking_for_the_state_changes_nothing(generator: Generator) -> None:
    np.testing.assert_array_equal(generator.get_state(), generator.get_state())
    draw.uniform(generator, 0, FLOAT32)
    draw.normal(generator, 0, FLOAT32)
    draw.randperm(generator, 1)
    np.testing.assert_array_equal(generator.get_state(), Generator().manual_seed(SEED).get_state())


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (None, TypeError),
        (b"\0" * 5056, TypeError),
        (np.zeros(5056, np.float32), TypeError),
        (np.zeros(5055, np.uint8), RuntimeError),
        (np.zeros(16, np.uint8), RuntimeError),
        (np.zeros(5056, np.uint8), RuntimeError),
        (np.full(5056, 255, np.uint8), RuntimeError),
    ],
    ids=["None", "bytes", "floats", "short", "very short", "zeros", "ones"],
)
def test_a_bad_state_changes_nothing(
    state: Any, error: type[Exception], generator: Generator
) -> None:
    draw.normal(generator, 3, FLOAT32)
    before = generator.get_state()
    with pytest.raises(error, match="state"):
        generator.set_state(state)
    np.testing.assert_array_equal(generator.get_state(), before)


def test_threads_share_a_generator_without_tearing_a_draw(generator: Generator) -> None:
    size, rounds, threads = 70_000, 4, 4
    words = Generator().manual_seed(SEED)
    expected = {checksum(draw.uniform(words, size, FLOAT64)) for _ in range(rounds * threads)}
    found: list[int] = []

    def work() -> None:
        for _ in range(rounds):
            found.append(checksum(draw.uniform(generator, size, FLOAT64)))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert set(found) == expected


# --- what PyTorch drew -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "low", "high", "expected"),
    [
        ("float16", 0.0, 1.0, 522153738),
        ("bfloat16", 0.0, 1.0, 2585352866),
        ("float32", 0.0, 1.0, 4210973457),
        ("float64", 0.0, 1.0, 1195564800),
        ("complex64", 0.0, 1.0, 3916931954),
        ("complex128", 0.0, 1.0, 3662140249),
        ("float16", -0.3, 1.1, 949351867),
        ("bfloat16", 3.0, 3.1, 1100772793),
        ("float32", 0.1, 0.7, 2102722882),
        ("float32", 1e8, 1e8 + 100, 526304528),
        ("float32", -1e-9, 1.0, 4286779965),
        ("float64", 0.1, 0.7, 1199378109),
        ("float64", -1.0, 1e6, 3843962946),
    ],
)
def test_uniform(name: str, low: float, high: float, expected: int, generator: Generator) -> None:
    assert checksum(draw.uniform(generator, MANY, dtype_of(name), low, high)) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bool", 4237643320),
        ("uint8", 3403904836),
        ("int8", 1025468621),
        ("int16", 1675844028),
        ("int32", 3961005725),
        ("int64", 2059168828),
        ("float16", 3037888631),
        ("bfloat16", 502503461),
        ("float32", 392924027),
        ("float64", 193130894),
    ],
)
def test_random(name: str, expected: int, generator: Generator) -> None:
    assert checksum(draw.random(generator, MANY, dtype_of(name))) == expected


@pytest.mark.parametrize(
    ("name", "low", "high", "expected"),
    [
        ("int64", 0, 10, 2028342349),
        ("int64", -5, 2**28 - 6, 442664663),
        ("int64", -5, 2**28 - 5, 1848860056),
        ("int64", -(2**63), 2**63 - 1, 797225110),
        ("int32", -(2**31), 2**31 - 1, 1795053374),
        ("uint8", 3, 256, 35077891),
        ("uint32", 0, 2**32, 3381696449),
        ("bool", 0, 2, 4237643320),
        ("float32", 0, 1000, 1208815436),
        ("float16", -2048, 2048, 90096875),
    ],
)
def test_randint(name: str, low: int, high: int, expected: int, generator: Generator) -> None:
    assert checksum(draw.randint(generator, MANY, dtype_of(name), low, high)) == expected


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (10, 215222838),
        (500, 1207026441),
        (501, 870334142),
        (2000, 375575344),
        (10_000, 521987155),
        (100_000, 1276650766),
    ],
)
def test_randperm(n: int, expected: int, generator: Generator) -> None:
    assert checksum(draw.randperm(generator, n)) == expected


@pytest.mark.parametrize("n", [1, 2, 3, 10, 1000])
def test_very_long_permutations_swap_backwards(
    n: int, generator: Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = generator.clone_state().words64(n).tolist()
    order = list(range(n))
    for step, word in enumerate(words):
        target = word % (step + 1)
        order[step], order[target] = order[target], order[step]
    monkeypatch.setattr(permutation, "_WIDE_FROM", 0)  # instead of 214,748,364
    assert draw.randperm(generator, n).tolist() == order


def test_bernoulli(generator: Generator) -> None:
    assert checksum(draw.bernoulli(generator, MANY, FLOAT32, 0.3)) == 3297773011
    generator.manual_seed(SEED)
    odds = np.array([0.0, 0.25, 0.5, 0.75, 1.0] * 2000)
    narrow = draw.bernoulli(generator, MANY, FLOAT32, odds.astype(np.float32))
    generator.manual_seed(SEED)
    np.testing.assert_array_equal(narrow, draw.uniform(generator, MANY, FLOAT32) < odds)
    generator.manual_seed(SEED)
    wide = draw.bernoulli(generator, MANY, FLOAT32, odds)
    generator.manual_seed(SEED)
    np.testing.assert_array_equal(wide, draw.uniform(generator, MANY, FLOAT64) < odds)


def test_dropout(generator: Generator) -> None:
    kept = draw.dropout_mask(generator, 12, 0.3)
    assert kept.astype(int).tolist() == [1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    before = generator.get_state()
    assert draw.dropout_mask(generator, 4, 0.0).all()
    assert not draw.dropout_mask(generator, 4, 1.0).any()
    np.testing.assert_array_equal(generator.get_state(), before)


FEW = [-0.04042916736941367, 1.72599212022981]
FLOAT32_BLOCK = [-1.2262355089187622, -0.009314819239079952]
FLOAT64_BLOCK = [-0.7040247420378066, 1.3312587303505539]


@pytest.mark.parametrize(
    ("dtype", "size", "ends"),
    [
        (FLOAT32, 3, [*FEW, 1.7259920835494995, -0.8140387535095215]),
        (FLOAT32, 15, [*FEW, -1.4668296575546265, -0.6797558665275574]),
        (FLOAT32, 16, [*FLOAT32_BLOCK, -0.3098963499069214, 0.77411288022995]),
        (FLOAT32, 17, [FLOAT32_BLOCK[0], -2.1806845664978027, 0.63433581590652, -0.077645123004]),
        (FLOAT32, 31, [*FLOAT32_BLOCK, -0.05957148224115372, 0.2763858735561371]),
        (FLOAT32, 33, [*FLOAT32_BLOCK, -0.24025273323059082, 0.3083866238594055]),
        (FLOAT32, 1000, [*FLOAT32_BLOCK, 0.42918431758880615, 0.9738866090774536]),
        (FLOAT64, 3, [*FEW, 1.72599212022981, -0.8140387642807665]),
        (FLOAT64, 15, [*FEW, -1.466829642939673, -0.6797558624097383]),
        (FLOAT64, 16, [*FLOAT64_BLOCK, -0.7092346561856722, 0.7176353700328852]),
        (FLOAT64, 17, [FLOAT64_BLOCK[0], -0.910913917690119, 0.5853117384352154, 0.68930519532046]),
        (FLOAT64, 31, [*FLOAT64_BLOCK, -0.8209415148401157, -0.783584024185315]),
        (FLOAT64, 33, [*FLOAT64_BLOCK, -0.9673980283620425, 0.6736636448798705]),
        (FLOAT64, 1000, [*FLOAT64_BLOCK, -2.110019971270336, -2.0618022823650866]),
    ],
)
def test_normal(dtype: np.dtype[Any], size: int, ends: list[float], generator: Generator) -> None:
    found = draw.normal(generator, size, dtype)
    np.testing.assert_allclose([*found[:2], *found[-2:]], ends, rtol=0, atol=5e-7)


def test_complex_normal_numbers_have_half_the_variance_in_each_part(generator: Generator) -> None:
    found = draw.normal(generator, 3, np.dtype(np.complex64))
    expected = [-0.028587738 + 1.2204607725j, -0.57561230 + 0.97026831j, 0.35777113 - 0.34106404j]
    np.testing.assert_allclose(found, expected, rtol=0, atol=5e-7)


def test_normal_numbers_for_a_target_that_is_not_contiguous(generator: Generator) -> None:
    found = draw.normal(generator, 20, FLOAT32, contiguous=False)
    expected = [*FEW, -1.9367965459823608, -0.2072034478187561]
    np.testing.assert_allclose([*found[:2], *found[-2:]], expected, rtol=0, atol=5e-7)


def test_the_second_of_a_pair_waits_through_other_draws(generator: Generator) -> None:
    def same(found: np.ndarray[Any, Any], expected: list[float]) -> None:
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=5e-7)

    same(draw.normal(generator, 3, FLOAT32), [-0.040429167, 1.7259920835, -0.8140387535])
    same(
        draw.uniform(generator, 5, FLOAT32),
        [0.48485047, 0.74921411, 0.15209585, 0.56251884, 0.17347544],
    )
    same(draw.normal(generator, 20, FLOAT32)[-3:], [0.2763858736, -0.2402527332, 0.3083866239])
    assert draw.randperm(generator, 10).tolist() == [2, 8, 1, 0, 4, 7, 3, 6, 5, 9]
    same(draw.normal(generator, 1, FLOAT32), [1.372166633605957])
    assert draw.bernoulli(generator, 6, FLOAT32, 0.5).tolist() == [0, 1, 1, 1, 1, 1]
    same(draw.exponential(generator, 2, FLOAT64), [0.5937989920144845, 1.108784180149084])
    assert draw.randint(generator, 2, INT64, 0, 2**40).tolist() == [440102907019, 803835363632]
    same(draw.normal(generator, 2, FLOAT64), [-0.6668597387129027, 0.671547219838684])
    assert checksum(generator.get_state()) == 1842317988


def test_the_other_distributions_in_sequence(generator: Generator) -> None:
    np.testing.assert_allclose(
        draw.exponential(generator, 3, FLOAT64, 2.5),
        [0.11706568925425948, 0.5961366633339159, 0.16331858695095908],
    )
    np.testing.assert_allclose(
        draw.cauchy(generator, 3, FLOAT64, 1.5, 0.7),
        [2.0788668807813746, 3.2487753534604784, 0.6361280739228078],
    )
    np.testing.assert_allclose(
        draw.log_normal(generator, 3, FLOAT64, 0.5, 0.7),
        [0.9515369197993729, 2.6317680206423826, 1.2083303609225622],
    )
    assert draw.geometric(generator, 8, INT64, 0.1).tolist() == [20, 11, 2, 4, 5, 10, 2, 7]
    rates = np.array([0.0, 0.5, 3.0, 9.9, 10.0, 50.0, 1e4], np.float32)
    assert draw.poisson(generator, rates).tolist() == [0, 0, 6, 8, 9, 46, 9964]
    weights = np.array([[0.1, 0.2, 0.3, 0.4], [4, 3, 2, 1]], np.float32)
    replaced = draw.multinomial(generator, weights[0], 8, replacement=True)
    assert replaced.tolist() == [3, 2, 3, 3, 3, 3, 3, 1]
    assert draw.multinomial(generator, weights, 3).tolist() == [[3, 0, 2], [0, 2, 1]]


# --- rounding ----------------------------------------------------------------------------------


@given(
    st.sampled_from([np.float32, np.float64]),
    st.lists(st.integers(0, 2**53 - 1), min_size=1, max_size=50),
    st.floats(2.0**-60, 2.0**100, width=32),
    st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False),
)
@settings(max_examples=300, deadline=None)
def test_multiply_add_rounds_once(
    kind: Any, numerators: list[int], scale: float, offset: float
) -> None:
    bits = 24 if kind is np.float32 else 53
    x = np.array([(n >> (53 - bits)) * 2.0**-bits for n in numerators], kind)
    exact = [Fraction(float(each)) * Fraction(scale) + Fraction(offset) for each in x]
    multiply_add(x, scale, offset)
    for found, wanted in zip(x, exact, strict=True):
        error = abs(Fraction(float(found)) - wanted)
        for towards in (-np.inf, np.inf):
            neighbour = Fraction(float(np.nextafter(found, kind(towards))))
            assert error <= abs(neighbour - wanted)


def test_a_uniform_number_never_equals_the_upper_bound() -> None:
    generator = Generator().manual_seed(1)
    for dtype, low, high in (
        (np.dtype(np.float16), 0.0, 1.0),
        (dtype_of("bfloat16"), 0.0, 1.0),
        (np.dtype(np.float16), -1.0, 0.0),
        (FLOAT32, 1e8, 1e8 + 16),
    ):
        numbers = draw.uniform(generator, 100_000, dtype, low, high)
        assert numbers.min() == dtype.type(low)
        assert numbers.max() < dtype.type(high)


# --- the layout of what is filled --------------------------------------------------------------


@given(st.permutations(range(4)), st.tuples(*[st.integers(1, 3)] * 4), st.integers(1, 2))
def test_numbers_reach_memory_in_order(axes: list[int], shape: tuple[int, ...], step: int) -> None:
    base = np.full((*shape[:-1], shape[-1] * step), -1.0)
    target = base[..., ::step].transpose(axes)
    draw.fill_in_memory_order(target, np.arange(float(target.size)))
    assert base[..., ::step].ravel().tolist() == list(range(target.size))
    assert (np.delete(base, np.s_[::step], axis=-1) == -1).all()
    like = draw.empty_in_memory_order(target, FLOAT32)
    assert like.shape == target.shape
    draw.fill_in_memory_order(like, np.arange(float(like.size)))
    np.testing.assert_array_equal(like, target)


# --- chance ------------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.sampled_from(["float32", "float64", "float16", "bfloat16"]))
@settings(max_examples=25, deadline=None)
def test_the_moments_are_right(seed: int, name: str) -> None:
    # 20,000 numbers: six standard errors, which chance exceeds twice in a thousand million tries.
    generator, dtype, count = Generator().manual_seed(seed), dtype_of(name), 20_000
    coarse = 2.0 ** (1 - {"float16": 11, "bfloat16": 8}.get(name, 24))

    def check(numbers: np.ndarray[Any, Any], mean: float, deviation: float) -> None:
        assert numbers.dtype == dtype
        tolerance = 6 * deviation / count**0.5 + coarse * (abs(mean) + deviation)
        assert abs(float(numbers.astype(np.float64).mean()) - mean) < tolerance

    check(draw.uniform(generator, count, dtype), 0.5, 12**-0.5)
    check(draw.uniform(generator, count, dtype, -3.0, 1.0), -1.0, 4 * 12**-0.5)
    check(draw.normal(generator, count, dtype), 0.0, 1.0)
    check(draw.normal(generator, count, dtype) ** 2, 1.0, 2**0.5)
    check(draw.normal(generator, count, dtype, 2.0, 0.5, contiguous=False), 2.0, 0.5)
    check(draw.bernoulli(generator, count, dtype, 0.2), 0.2, 0.4)
    check(draw.exponential(generator, count, dtype, 2.0), 0.5, 0.5)
    check(draw.geometric(generator, count, dtype, 0.5), 2.0, 2**0.5)
    check(draw.randint(generator, count, dtype, 0, 11), 5.0, 10**0.5)
    check(draw.log_normal(generator, count, dtype, 0.0, 0.5), np.exp(0.125), 0.61)


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 60))
@settings(max_examples=25, deadline=None)
def test_poisson_mean_and_variance(seed: int, rate: float) -> None:
    count = 4000
    numbers = draw.poisson(Generator().manual_seed(seed), np.full(count, rate))
    assert abs(numbers.mean() - rate) < 6 * (rate / count) ** 0.5
    spread = ((2 * rate**2 + rate) / count) ** 0.5
    assert abs(((numbers - rate) ** 2).mean() - rate) < 7 * spread + 0.02


@given(st.integers(0, 2**64 - 1), st.integers(0, 3000))
@settings(max_examples=50, deadline=None)
def test_a_permutation_holds_every_number_once(seed: int, n: int) -> None:
    order = draw.randperm(Generator().manual_seed(seed), n)
    assert sorted(order.tolist()) == list(range(n))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_samples_without_replacement_differ(seed: int) -> None:
    weights = np.random.default_rng(seed).random((3, 40))
    chosen = draw.multinomial(Generator().manual_seed(seed), weights, 40)
    assert (np.sort(chosen, axis=1) == np.arange(40)).all()


# --- bad input ---------------------------------------------------------------------------------

NAN, INF = float("nan"), float("inf")
BAD: list[tuple[Any, type[Exception]]] = [
    (lambda g: draw.uniform(g, 3, INT64), NotImplementedError),
    (lambda g: draw.uniform(g, 3, FLOAT32, 1.0, 0.0), RuntimeError),
    (lambda g: draw.uniform(g, 3, FLOAT32, NAN, 1.0), RuntimeError),
    (lambda g: draw.uniform(g, 3, FLOAT32, 0.0, 1e39), RuntimeError),
    (lambda g: draw.uniform(g, 3, FLOAT32, -3e38, 3e38), RuntimeError),
    (lambda g: draw.uniform(g, 3, FLOAT64, -1.7e308, 1.7e308), RuntimeError),
    (lambda g: draw.normal(g, 3, INT64), NotImplementedError),
    (lambda g: draw.normal(g, 3, FLOAT32, 0.0, -1.0), RuntimeError),
    (lambda g: draw.normal(g, 3, FLOAT32, 0.0, NAN), RuntimeError),
    (lambda g: draw.normal_elementwise(g, 0.0, 1.0), TypeError),
    (lambda g: draw.normal_elementwise(g, np.zeros(3), np.ones(2)), RuntimeError),
    (lambda g: draw.normal_elementwise(g, np.zeros(3), np.array([1.0, NAN, 1.0])), RuntimeError),
    (lambda g: draw.normal_elementwise(g, 0.0, np.ones(3, np.complex64)), RuntimeError),
    (lambda g: draw.log_normal(g, 3, INT64), NotImplementedError),
    (lambda g: draw.log_normal(g, 3, FLOAT32, 0.0, 0.0), RuntimeError),
    (lambda g: draw.random(g, 3, np.dtype(np.uint32)), NotImplementedError),
    (lambda g: draw.randint(g, 3, INT64, 5, 5), RuntimeError),
    (lambda g: draw.randint(g, 3, INT64, 0, 2**63), ValueError),
    (lambda g: draw.randint(g, 3, INT64, 0, 2.5), TypeError),  # type: ignore[arg-type]
    (lambda g: draw.randint(g, 3, np.dtype(np.uint8), 0, 257), RuntimeError),
    (lambda g: draw.randint(g, 3, np.dtype(np.bool_), 0, 3), RuntimeError),
    (lambda g: draw.randint(g, 3, np.dtype(np.complex64), 0, 3), RuntimeError),
    (lambda g: draw.randint(g, 3, FLOAT32, -(2**25) - 1, -(2**25)), RuntimeError),
    (lambda g: draw.randperm(g, -1), RuntimeError),
    (lambda g: draw.randperm(g, 2.5), TypeError),  # type: ignore[arg-type]
    (lambda g: draw.randperm(g, 129, np.dtype(np.int8)), RuntimeError),
    (lambda g: draw.randperm(g, 3, np.dtype(np.bool_)), NotImplementedError),
    (lambda g: draw.bernoulli(g, 3, FLOAT32, 1.5), RuntimeError),
    (lambda g: draw.bernoulli(g, 3, FLOAT32, NAN), RuntimeError),
    (lambda g: draw.bernoulli(g, 3, FLOAT32, np.array([0.5, 2.0, 0.5])), RuntimeError),
    (lambda g: draw.bernoulli(g, 3, FLOAT32, np.array([0.5, 0.5])), RuntimeError),
    (lambda g: draw.bernoulli(g, 3, FLOAT32, np.array([1, 0, 1])), NotImplementedError),
    (lambda g: draw.bernoulli(g, 3, np.dtype(np.complex64)), NotImplementedError),
    (lambda g: draw.dropout_mask(g, 3, NAN), RuntimeError),
    (lambda g: draw.exponential(g, 3, FLOAT32, 0.0), RuntimeError),
    (lambda g: draw.exponential(g, 3, INT64), RuntimeError),
    (lambda g: draw.cauchy(g, 3, FLOAT32, 0.0, -1.0), RuntimeError),
    (lambda g: draw.geometric(g, 3, FLOAT32, 1.0), RuntimeError),
    (lambda g: draw.geometric(g, 3, np.dtype(np.bool_), 0.5), NotImplementedError),
    (lambda g: draw.poisson(g, np.array([1.0, -1.0])), RuntimeError),
    (lambda g: draw.poisson(g, np.array([NAN])), RuntimeError),
    (lambda g: draw.poisson(g, np.array([INF])), RuntimeError),
    (lambda g: draw.poisson(g, np.array([1])), NotImplementedError),
    (lambda g: draw.multinomial(g, np.array([1.0, -1.0]), 1), RuntimeError),
    (lambda g: draw.multinomial(g, np.array([1.0, INF]), 1), RuntimeError),
    (lambda g: draw.multinomial(g, np.array([[1.0, 1.0], [0.0, 0.0]]), 2), RuntimeError),
    (lambda g: draw.multinomial(g, np.ones(3), 4), RuntimeError),
    (lambda g: draw.multinomial(g, np.ones(3), 0, replacement=True), RuntimeError),
    (lambda g: draw.multinomial(g, np.ones(3, int), 1), RuntimeError),
    (lambda g: draw.multinomial(g, np.ones((2, 2, 2)), 1), RuntimeError),
    (lambda g: draw.multinomial(g, np.ones((2, 0)), 1, replacement=True), RuntimeError),
]


@pytest.mark.parametrize(("call", "error"), BAD)
def test_bad_input_draws_nothing(call: Any, error: type[Exception], generator: Generator) -> None:
    before = generator.get_state()
    with pytest.raises(error):
        call(generator)
    np.testing.assert_array_equal(generator.get_state(), before)


def test_a_range_that_floats_do_not_hold_is_warned_of(generator: Generator) -> None:
    with pytest.warns(UserWarning, match="does not hold every integer"):
        numbers = draw.randint(generator, MANY, FLOAT32, 0, 2**25)
    assert numbers.max() < 2**25


def test_extreme_arguments_are_silent(generator: Generator) -> None:
    half = np.dtype(np.float16)
    assert np.isinf(draw.normal(generator, 20, half, 0.0, 1e8)).any()
    assert np.isnan(draw.normal(generator, 3, FLOAT32, NAN, 1.0)).all()
    assert np.isinf(draw.log_normal(generator, 100, half, 10.0, 5.0)).any()
    assert (draw.exponential(generator, 3, FLOAT32, INF) == 0).all()
    assert np.isfinite(draw.geometric(generator, 3, FLOAT32, 1e-30)).all()
    draw.geometric(generator, 3, np.dtype(np.uint8), 1e-30)
    draw.cauchy(generator, MANY, half, 0.0, 1e4)
