"""The stand-alone verifier, in parts that `bundle` joins into the one file `verify.py` of each pack.

The parts import the standard library and each other, nothing else of the product (a contract of import-linter), and run
on Python 3.9: so no `match`, no `zip(…, strict=True)`, no slots.
"""
