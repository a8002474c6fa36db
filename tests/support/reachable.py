"""Whether what an image is built from can be reached: said in seconds, where `docker build` would try for minutes."""

import argparse
import contextlib
import json
import os
import re
import shlex
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from tests.support.repository import ROOT

SECONDS = 8.0
"""For all answers together."""
PYPI = "https://pypi.org/simple/"
REGISTRY = "https://registry-1.docker.io/v2/"
SERVICES = ("caddy:2", "postgres:17")
_LOOPBACK = re.compile(r"localhost|127\..*|::1")


def build_options(text):
    """Of BUILD: arguments, those of the Dockerfile among them, the network, and the hosts that only the build knows."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--add-host", action="append", default=[])
    parser.add_argument("--network", default="default")
    options, _ = parser.parse_known_args(shlex.split(text))
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    given = [each for each in options.build_arg if "=" in each]
    arguments = dict(each.split("=", 1) for each in [*re.findall(r"(?m)^ARG (\w+=.*)$", dockerfile), *given])
    return arguments, options.network, {re.split("[:=]", each)[0] for each in options.add_host}


def mistake(build):
    """Why a build with these options would certainly fail, in a line; None if nothing is known to stand in its way.

    What only the build could tell is not asked: hosts that it alone knows, an engine on another machine, mirrors.
    """
    if not os.environ.get("DOCKER_HOST", "unix:").startswith("unix:"):
        return None
    arguments, network, own_hosts = build_options(build)
    base, torch = f"python:{arguments['PYTHON']}-slim", arguments["TORCH_INDEX"]
    torch_fix = "name one that answers: make test-compose BUILD='--build-arg TORCH_INDEX=...'"
    wanted = [("TORCH_INDEX", torch, torch_fix)]
    wanted.append(("pip's index", pip_index(base), f"configure another one, or a proxy, in the image {base}"))
    if missing := [image for image in (base, *SERVICES) if not is_here(image)]:
        fix = f"docker load {' and '.join(missing)}, or give the engine a mirror"
        wanted += [("the images' registry", REGISTRY, fix)] if not has_mirror() else []
    asked = {}
    for what, url, fix in wanted:
        host = urllib.parse.urlsplit(url).hostname or ""
        elsewhere = host in own_hosts or host.endswith(".internal")
        if not elsewhere and (network == "host" or not _LOOPBACK.fullmatch(host)):
            asked[url] = (what, fix)
    for url, why in unreachable(list(asked), proxies(arguments)).items():
        what, fix = asked[url]
        return f"{what} {url} cannot be reached ({why}), but the build needs it: {fix}"
    return None


def unreachable(urls, ways=({},), seconds=SECONDS):
    """Those that answer nothing on any way within the time, and why; an error of HTTP or TLS is an answer as well.

    Args:
        urls: Asked at the same time.
        ways: Proxies by scheme; without any: straight.
        seconds: For all of them.
    """
    why = {}
    answered = set()

    def ask(url, way):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(way))
        try:
            opener.open(url, timeout=seconds).close()
        except urllib.error.HTTPError:
            pass
        except OSError as error:
            reason = getattr(error, "reason", error)
            if not isinstance(reason, ssl.SSLError):
                why.setdefault(url, str(reason))
                return
        answered.add(url)

    threads = [threading.Thread(target=ask, args=(url, way), daemon=True) for url in urls for way in ways]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return {url: why.get(url, f"no answer within {seconds:.0f} s") for url in urls if url not in answered}


def proxies(arguments):
    """The ways that a build may go: straight, by this shell's proxies, the build arguments' and Docker's own."""
    ways = [{}, urllib.request.getproxies()]
    ways.append({name[:-6].lower(): value for name, value in arguments.items() if name.lower().endswith("_proxy")})
    with contextlib.suppress(OSError, ValueError, KeyError):
        folder = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker"))
        default = json.loads((folder / "config.json").read_text(encoding="utf-8"))["proxies"]["default"]
        ways.append({name.removesuffix("Proxy"): value for name, value in default.items()})
    return [way for number, way in enumerate(ways) if way not in ways[:number]]


def docker(*arguments):
    """What the command says; None where it fails."""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=30, check=False)
        return done.stdout if done.returncode == 0 else None
    return None


def is_here(image):
    return docker("image", "inspect", image) is not None


def has_mirror():
    """Whether the engine may get images elsewhere than from their registry."""
    text = docker("info", "--format", "{{json .RegistryConfig.Mirrors}} {{.HTTPSProxy}}") or ""
    return text.split() not in ([], ["[]"], ["null"])


def pip_index(base):
    """The index that pip has in a base image, if the image is here; else PyPI."""
    said = docker("run", "--rm", base, "pip", "config", "list") if is_here(base) else None
    found = re.search(r"(?<!extra-)index-url='(.+)'", said or "")
    return found[1] if found else PYPI
