"""``tlsmc digest``."""


def test_digest(call, parsed, run_file, small_run):
    assert call("digest", run_file) == (0, f"{small_run.digest()}\n", "")
    assert parsed("digest", run_file) == {"digest": small_run.digest(), "complete": True}
