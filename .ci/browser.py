#!/usr/bin/env python3
"""Opens an HTML report in headless Chromium and checks what only a browser can: the filter, the graph, the theme, links,
no message on the console and no request. Needs Python and Chromium; exits with 0 where there is no Chromium.

    .ci/browser.py REPORT [PICTURE.png [dark|light [WIDTH [HEIGHT]]]]

With a picture it takes one of the top of the page."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile


class Browser:
    """Chromium, spoken to through pipes (`--remote-debugging-pipe`: JSON that ends with a NUL)."""

    def __init__(self, program, width, height, scheme):
        (self.from_us, self.write), (self.read, self.to_us) = os.pipe(), os.pipe()
        self.profile = tempfile.TemporaryDirectory()

        def connect():
            # Both ends out of the way first: one of them may be 3 or 4 itself.
            one, other = os.dup(self.from_us), os.dup(self.to_us)
            high = os.dup2(one, 63), os.dup2(other, 64)
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe",
             "--disable-background-networking", "--no-first-run", f"--user-data-dir={self.profile.name}"],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.number, self.events, self.buffer = 0, [], b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def message(self):
        while b"\0" not in self.buffer:
            chunk = os.read(self.read, 1 << 16)
            if not chunk:
                sys.exit("Chromium went away")
            self.buffer += chunk
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        self.number += 1
        command = {"id": self.number, "method": method, "params": params}
        if getattr(self, "session", None):
            command["sessionId"] = self.session
        os.write(self.write, json.dumps(command).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def open(self, path):
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())

    def run(self, script):
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            sys.exit(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def key(self, key, code=None):
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if len(key) == 1 and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, **text)

    def close(self):
        self.process.terminate()
        self.process.wait()


def check(browser):
    """The report must have findings of several levels and a graph."""
    failed = []

    def expect(what, holds):
        print(("ok   " if holds else "FAIL ") + what)
        if not holds:
            failed.append(what)

    run = browser.run
    shown = "[...document.querySelectorAll('article.finding')].filter((a) => !a.hidden).length"
    blocks, parts = run(shown), run("document.querySelectorAll('[data-level]').length")
    expect("findings are shown", blocks > 1)
    expect("the filter is there", run("!document.querySelector('#filter').hidden"))
    expect("it counts", run("document.querySelector('#filter-count').textContent") == f"{parts} findings")
    browser.key("/")
    expect("/ goes to the filter", run("document.activeElement.id") == "filter-text")
    for letter in "no such text":
        browser.key(letter)
    expect("a text nobody has leaves nothing", run(shown) == 0)
    expect("which is said", run("document.querySelector('#filter-count').textContent") == f"0 of {parts} findings shown")
    expect("the verdict stays", run("document.querySelector('.verdict').getBoundingClientRect().height > 40"))
    browser.key("Escape")
    run("new Promise((done) => setTimeout(done, 50))")
    expect("Escape clears it", run(shown) == blocks)
    choose = ("(() => { const s = document.querySelector('#filter-level'); s.value = %s; "
              "s.dispatchEvent(new Event('input', {bubbles: true})); })()")
    levels = run("[...document.querySelectorAll('#filter-level option')].map((o) => o.value).filter(Boolean)")
    for level in levels:
        run(choose % json.dumps(level))
        fits = run("[...document.querySelectorAll('article.finding')].every((a) => a.hidden === ![a, "
                   f"...a.querySelectorAll('li[data-level]')].some((p) => p.dataset.level === '{level}'))")
        expect(f"only {level}", fits)
    run(choose % '""')
    run("document.querySelector('#filter-destroys').click()")
    expect("destroys only", run(
        "[...document.querySelectorAll('article.finding')].every((a) => a.hidden === !(a.matches('[data-destroys]') || "
        "a.querySelector('li[data-destroys]')))"))
    run("document.querySelector('#filter-destroys').click()")
    expect("all are back", run(shown) == blocks)

    expect("the graph is drawn", run(
        "[...document.querySelectorAll('.node rect')].every((n) => n.getBoundingClientRect().width > 50)"
        " && document.querySelectorAll('a.node').length > 1"))
    run("document.querySelector('a.node').focus()")
    first = run("document.activeElement.id")
    for way in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        browser.key(way)
    expect("arrow keys stay on nodes", run("document.activeElement.matches('a.node')"))
    run(f"document.getElementById('{first}').focus()")
    moved = False
    for way in ("ArrowRight", "ArrowDown"):
        browser.key(way)
        moved = moved or run("document.activeElement.id") != first
    expect("they go to another", moved)
    target = run("(() => { const a = [...document.querySelectorAll('a.node')].find((a) => document.querySelector("
                 "'li' + a.getAttribute('href'))) ?? document.querySelector('a.node'); a.focus(); return "
                 "a.getAttribute('href').slice(1); })()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13)
    browser.call("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter", windowsVirtualKeyCode=13)
    run("new Promise((done) => setTimeout(done, 100))")
    expect("Enter goes to the finding", run("document.activeElement.id") == target)
    expect("which can be seen", run(f"document.getElementById({json.dumps(target)}).getBoundingClientRect().height > 5"))

    dark = "getComputedStyle(document.body).backgroundColor"
    before = run(dark)
    run("document.querySelector('#theme').click()")
    one = run(dark)
    run("document.querySelector('#theme').click()")
    other = run(dark)
    expect("the theme can be chosen", one != other and before in (one, other))
    run("document.querySelector('#theme').click()")
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    expect("nothing is wider than the page", run(wide))
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=700, deviceScaleFactor=1, mobile=False)
    expect("nor than that of a telephone", run(wide))
    browser.call("Emulation.setEmulatedMedia", media="print")
    run("dispatchEvent(new Event('beforeprint'))")
    expect("on paper all is open", run("[...document.querySelectorAll('details')].every((d) => d.open)"))

    said = [e for e in browser.events if e.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")]
    expect("nothing on the console", not said)
    if said:
        print(said)
    asked = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    expect("no request but for the page", len(asked) == 1 and asked[0].startswith("file:"))
    return not failed


def main():
    report, picture, scheme, width, height = (sys.argv[1:] + [None] * 5)[:5]
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        print("no Chromium: nothing was checked in a browser")
        return 0
    browser = Browser(program, int(width or 1280), int(height or 900), scheme or "light")
    try:
        browser.open(report)
        if picture is None:
            return 0 if check(browser) else 1
        shot = browser.call("Page.captureScreenshot", format="png")
        with open(picture, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
        return 0
    finally:
        browser.close()


sys.exit(main())
