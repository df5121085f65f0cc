import pytest

from placement.errors import UsageError
from placement.serving.security.tokens import Token
from placement.serving.settings import ServerSettings


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_needs_no_token(host):
    assert ServerSettings(host=host).is_local


@pytest.mark.parametrize("host", ["::", "192.0.2.1", "placement.example"])
def test_other_machines_need_a_token_or_a_word(host):
    with pytest.raises(UsageError, match="--insecure"):
        ServerSettings(host=host)
    ServerSettings(host=host, insecure=True)
    ServerSettings(host=host, tokens=(Token.of("x" * 16),))


def test_a_host_with_a_star_is_refused():
    with pytest.raises(UsageError, match="--allowed-host"):
        ServerSettings(allowed_hosts=("*.example",))
