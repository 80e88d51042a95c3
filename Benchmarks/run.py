"""Measures mprun beside CPython's multiprocessing, Lua Lanes and C: the command behind scripts/bench."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from bench.command import main  # noqa: E402

sys.exit(main())
