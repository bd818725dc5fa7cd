"""A script that runs the toy shot: ``python toy_run.py MANIFEST EXECUTOR``."""

import sys

import toy_stages

import fsvfx
from fsvfx.runner import drive

if __name__ == "__main__":
    toy_stages.install()
    drive.run_steps = toy_stages.run_steps
    result = fsvfx.run(sys.argv[1], executor=sys.argv[2], workers=2)
    print(result)
    print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
    sys.exit(not result.ok)
