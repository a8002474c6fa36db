"""A password in a file: not in the environment, not on a command line, where others may see it."""

from pathlib import Path

from trainer.errors import ConfigError


def read_password(file: Path, named_by: str) -> str:
    """Read the one line of a file; ``named_by`` is the option or variable that names it, for messages.

    Raises:
        ConfigError: It cannot be read or does not hold one line.
    """
    try:
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{named_by} {file} cannot be read ({reason}); name a file with one line") from error
    if not password or "\n" in password:
        raise ConfigError(f"{named_by} {file} must hold one line, the password")
    return password
