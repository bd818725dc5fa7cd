"""The command line with toy stages, for tests: ``python toy_cli.py submit MANIFEST --wait``."""

import toy_stages

from flows import cli, launch

if __name__ == "__main__":
    toy_stages.install()
    launch.PRELOAD = "toy_worker"
    cli.main()
