import hmac

import pytest

from placement.errors import UsageError
from placement.serving.security import tokens
from placement.serving.security.tokens import Role, Token, read_tokens, role_of

LONG = "abcdefghijklmnop"


def test_a_file_gives_a_role_to_each_token(tmp_path):
    file = tmp_path / "tokens"
    file.write_text(
        f"# of the office\nscore={LONG}1\n train = {LONG}2 \n\nsee={LONG}3\n{LONG}4==\n"
    )
    file.chmod(0o600)
    read = read_tokens(str(file))
    roles = {n: role_of(read, LONG + n) for n in ("1", "2", "3", "4==", "5", "")}
    assert roles == {
        "1": Role.SCORE, "2": Role.TRAIN, "3": Role.SEE, "4==": Role.TRAIN, "5": None, "": None,
    }  # fmt: skip
    assert not any(LONG in str(token) for token in read)


def test_the_variable_gives_tokens_too(monkeypatch):
    monkeypatch.setenv("PLACEMENT_TOKEN", f"score={LONG} {LONG}2")
    read = read_tokens(None)
    assert role_of(read, LONG) is Role.SCORE
    assert role_of(read, LONG + "2") is Role.TRAIN


def test_no_token_is_no_mistake_without_a_file():
    assert read_tokens(None) == ()


@pytest.mark.parametrize(
    ("text", "mode", "words"),
    [
        ("score=short", 0o600, "shorter than 16"),
        ("", 0o600, "holds no token"),
        (f"score={LONG}", 0o644, "chmod 600"),
    ],
)
def test_a_weak_or_open_file_is_refused(tmp_path, text, mode, words):
    file = tmp_path / "tokens"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(UsageError, match=words) as raised:
        read_tokens(str(file))
    assert LONG not in str(raised.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_tokens(str(tmp_path / "none"))


def test_every_token_is_compared_in_constant_time(monkeypatch):
    compared, compare = [], hmac.compare_digest

    def watched(one, other):
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(tokens.hmac, "compare_digest", watched)
    held = [Token.of(LONG, Role.SEE), Token.of(LONG + "2", Role.TRAIN)]
    assert role_of(held, LONG) is Role.SEE
    assert len(compared) == 2  # the right one came first, and the other was looked at all the same
    assert {len(part) for pair in compared for part in pair} == {32}
