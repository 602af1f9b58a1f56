"""Declares the optional compiled modules; everything else stands in pyproject.toml."""

import runpy
from pathlib import Path

from setuptools import Extension, setup

# By itself: the package cannot be imported while it is being built.
stamp = runpy.run_path("mixer/forward/stamp.py")["stamp_of"](Path("mixer/forward"))

# The .pyx goes to setuptools as it is: cythonize() would return an Extension without
# `optional`, and a machine without a compiler could then not install at all.
setup(
    ext_modules=[
        Extension(
            "mixer.forward._fanout",
            ["mixer/forward/_fanout.pyx"],
            depends=[str(path) for path in sorted(Path("mixer/forward").glob("*.px[id]"))],
            define_macros=[("LIANXIAN_SOURCES", f'"{stamp}"')],
            # Without fused operations: the estimate shall be the reference's to the last bit.
            extra_compile_args=["-O2", "-fno-strict-aliasing", "-ffp-contract=off"],
            libraries=["m"],
            optional=True,
        ),
        Extension(
            "mixer.picture._halve",
            ["mixer/picture/_halve.pyx"],
            extra_compile_args=["-O3"],  # for the vectoriser
            optional=True,
        ),
        Extension("bench._bare", ["bench/_bare.pyx"], optional=True),
        Extension("bench._load", ["bench/_load.pyx"], optional=True),
        Extension("tests.fuzz._storm", ["tests/fuzz/_storm.pyx"], optional=True),
    ]
)
