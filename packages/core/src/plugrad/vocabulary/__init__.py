"""The vocabulary: operators, how they are declared, and how they are applied."""
