"""The yearly statistics of incubators and spaces: indicators as data, values from rows, checks across fields."""
