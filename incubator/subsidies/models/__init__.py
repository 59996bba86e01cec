"""The tables of `subsidies`, a file for each subject."""

from incubator.subsidies.models.schemes import Decision, Scheme, SchemeVersion

__all__ = ["Decision", "Scheme", "SchemeVersion"]
