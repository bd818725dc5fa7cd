"""The command line with toy stages, for tests: ``python toy_cli.py submit MANIFEST --wait``."""

import toy_stages

from flows import cli
from fsvfx.runner import drive

if __name__ == "__main__":
    toy_stages.install()
    drive.run_steps = toy_stages.run_steps
    cli.main()
