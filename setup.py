"""Declares the one optional compiled module; everything else stands in pyproject.toml."""

from setuptools import Extension, setup

# The .pyx goes to setuptools as it is: cythonize() would return an Extension without
# `optional`, and a machine without a compiler could then not install at all.
setup(
    ext_modules=[Extension("mixer.forward._fanout", ["mixer/forward/_fanout.pyx"], optional=True)]
)
