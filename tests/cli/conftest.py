"""Fixtures of the tests of commands."""

import json

import pytest


@pytest.fixture
def parsed(call):
    """Run one command with ``--json``; returns what it printed, read back strictly."""

    def command(*arguments):
        status, out, err = call(*arguments, "--json")
        assert (status, err) == (0, "")
        return json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))

    return command
