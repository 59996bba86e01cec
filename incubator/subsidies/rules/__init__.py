"""The decisions of `subsidies`: pure functions over plain values."""
