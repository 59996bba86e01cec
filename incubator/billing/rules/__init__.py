"""The decisions of `billing`: pure functions over plain values."""
