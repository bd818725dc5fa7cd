"""The command line with toy stages, for tests: ``python toy_cli.py submit MANIFEST --wait``."""

import toy_stages

from flows import cli, cluster

if __name__ == "__main__":
    toy_stages.install()
    cluster.PRELOAD = "toy_worker"
    cli.main()
