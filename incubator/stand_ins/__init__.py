"""What stands in for services of others where there is no account with them: for the demo, and for tests.

A stand-in speaks as the service does and keeps its own state; it imports nothing of the product, and nothing of the
product but `incubator.serve` and the demo imports it. Its keys and pages say what it is.
"""
