"""HTML pages as people see them: their text, and what a browser without a network makes of them."""

import html
import re
import shutil
import subprocess

import pytest

from tests.support.waiting import PATIENCE

CHROMIUM = shutil.which("chromium")


def without_scripts(page):
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def text_of(page):
    """What a reader sees, without the charts."""
    body = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def headings(page):
    return re.findall(r"<h2>(.*?)</h2>", page)


def opened(page, folder):
    """The page's elements after its scripts have run in a browser without a network."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=15000", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return without_scripts(done.stdout)
