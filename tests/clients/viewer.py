"""The viewer of a moment in a real browser, inside a minimal host that speaks MCP Apps.

    python tests/clients/viewer.py path/to/videosearch-mcp [folder for screenshots [words in the names of tests]]

The host is a page of another origin than the viewer. It frames the viewer in a sandbox, under the policy that the server declares, and passes
its tool calls on to the server. The policy here also forbids that any text becomes HTML (Trusted Types). Prints `N passed, N failed`.
It needs the package playwright, and Chromium as `chromium` or in the environment variable CHROMIUM.
"""

import copy
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

from mcp_apps_host import Host, Pages, Server
from playwright.sync_api import sync_playwright

COMMAND = sys.argv[1] if len(sys.argv) > 1 else "videosearch-mcp"
WORDS = sys.argv[3:]
SHOTS = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
ROBBERY = "vid_great_train_robbery_1903"
HOSTILE = "A <img src=x onerror=\"parent.postMessage('owned','*')\"> </script><script>parent.postMessage('owned','*')</script> film"


def shown_picture(host):
    host.at("#picture").wait_for(timeout=20_000)
    return host.at("#picture").evaluate("(image) => image.decode().then(() => image.naturalWidth)")


def moment(start, end):
    return {"video_id": f"{ROBBERY}@{start}-{end}"}


def the_picture_and_the_time_line_are_there_at_once(open_host, server, **_):
    host = open_host("show_moment", moment(68, 110))
    host.text("#range", "1:08\u20131:50")
    assert shown_picture(host) > 200
    rows = server.call("get_video_segments", {"video_id": ROBBERY})["structuredContent"]["segments"]
    parts = host.at("#parts button")
    assert parts.count() == len(rows) and "The Great Train Robbery" in host.at("#title").inner_text()
    assert host.at("#parts button[aria-current]").get_attribute("aria-label").startswith("1:08\u20131:50")
    boxes = [parts.nth(number).bounding_box() for number in range(len(rows))]
    assert all(left["x"] < right["x"] for left, right in zip(boxes, boxes[1:])), boxes
    assert host.at("#tip").is_hidden()
    parts.nth(3).hover()
    host.text("#tip-words", rows[3]["content"][:40])
    host.text("#tip-time", "2:55\u20133:45")
    host.shot("moment-light")
    host.text("#fields", "water tank")
    host.text("#notes", "drawn by the playground")
    sizes = host.said("ui/notifications/size-changed")
    assert sizes and sizes[-1]["params"]["height"] > 400, sizes
    assert host.at("#play").is_hidden() and host.at("#big").is_hidden(), "there is nothing to play"
    assert not host.calls, "nothing is asked for before a hand moves"
    host.close()


def a_host_in_a_hurry_is_understood(open_host, **_):
    host = open_host("show_moment", moment(68, 110), hurry=True)
    host.text("#range", "1:08\u20131:50")
    host.page.wait_for_function("() => log.some((message) => message.method === 'ui/notifications/size-changed' && message.params.height > 400)")
    host.close()


def previous_and_next_go_through_the_host(open_host, **_):
    host = open_host("show_moment", moment(0, 68))
    host.text("#range", "0:00\u20131:08")
    assert host.at("#previous").is_disabled()
    first = host.at("#picture").get_attribute("src")
    host.at("#next").click()
    host.text("#range", "1:08\u20131:50")
    assert host.calls[-1]["name"] == "show_moment" and host.calls[-1]["arguments"]["video_id"] == ROBBERY, host.calls
    assert host.at("#picture").get_attribute("src") != first
    host.at("#parts button").nth(4).click()
    host.text("#range", "3:45\u20134:20")
    host.at("#previous").click()
    host.text("#range", "2:55\u20133:45")
    assert len(host.calls) == 3
    host.close()


def a_host_that_calls_no_tools_is_told_of(open_host, **_):
    for answer in ({"error": {"code": -32000, "message": "no tools here"}}, {"result": {"isError": True, "content": [{"type": "text", "text": "no tools here"}]}}):
        host = open_host("show_moment", moment(0, 68), answer=answer)
        host.text("#range", "0:00\u20131:08")
        host.at("#next").click()
        host.text("#status.alarm", "no tools here")
        assert host.at("#range").inner_text() == "0:00\u20131:08" and host.at("#next").is_enabled(), "what was shown stays"
        host.close()


def it_works_by_keyboard_alone(open_host, **_):
    host = open_host("show_moment", moment(0, 68))
    host.text("#range", "0:00\u20131:08")
    host.at("body").evaluate("() => window.focus()")
    host.at("#next").focus()
    for key, wanted in [("ArrowRight", "1:08\u20131:50"), ("ArrowRight", "1:50"), ("ArrowLeft", "1:08\u20131:50"), ("End", "11:55\u201312:20"), ("Home", "0:00\u20131:08")]:
        host.at("body").press(key)
        host.text("#range", wanted)
    # The time line is one stop on the way of the Tab key, and the segment that has the focus says its words.
    assert host.at("#parts button[tabindex='0']").count() == 1
    host.at("#parts button[tabindex='0']").focus()
    host.at("#parts button[tabindex='0']").press("ArrowRight")
    host.text("#range", "1:08\u20131:50")
    assert host.at("#parts button:focus").get_attribute("aria-label").startswith("1:08\u20131:50"), "the focus goes along"
    host.text("#tip-words", "water tank")
    host.at("body").press("c")
    host.text("#status", "Copied")
    host.close()


def a_citation_is_copied(open_host, **_):
    host = open_host("show_moment", moment(68, 110))
    host.text("#range", "1:08\u20131:50")
    host.at("#copy").click()
    host.text("#status", "Copied:")
    host.context.grant_permissions(["clipboard-read"])
    pasted = host.page.evaluate("() => navigator.clipboard.readText()")
    assert pasted.startswith("\u201cThe Great Train Robbery") and pasted.endswith(f"\u201d, 1:08\u20131:50 ({ROBBERY}@68-110)"), pasted
    host.close()


def hostile_texts_stay_texts(open_host, **_):
    bidi = "\u202egpj.exe\u2066"

    def change(result):
        result = copy.deepcopy(result)
        view = result["_meta"]["videosearch/view"]
        view.update(video_name=HOSTILE + bidi, notes=[HOSTILE])
        view["moment"].update(spoken=HOSTILE + bidi, handle=HOSTILE, fields=[[HOSTILE, HOSTILE + bidi + " in a field"], ["__proto__", "x"]], segment_status=HOSTILE)
        for part in view["segments"]:
            part.update(content=HOSTILE + bidi)
        return result

    host = open_host("show_moment", moment(68, 110), change=change)
    host.text("#title", "onerror=")
    for selector in ("#title", "#said", "#fields dt >> nth=0", "#fields dd >> nth=0", "#notes", "#status"):
        assert "<img src=x onerror=" in host.at(selector).inner_text() and "</script><script>" in host.at(selector).inner_text(), selector
    assert not any(mark in host.at("main").inner_text() for mark in bidi if ord(mark) > 0x2000), "a text turns the line around"
    host.at("#parts button").nth(2).hover()
    host.text("#tip-words", "<img src=x")
    assert host.at("main img").count() == 1 and host.frame.locator("script").count() == 1
    host.shot("hostile")
    host.at("#next").click()
    host.text("#range", "1:50")
    host.close()

    def bare(result):
        return {"content": [{"type": "text", "text": HOSTILE}, {"type": "image", "mimeType": "text/html", "data": "PGI+"}]}

    host = open_host("show_moment", moment(68, 110), change=bare)
    host.text("#plain", "<img src=x")
    assert host.at("#picture").is_hidden() and host.at("#none").is_visible(), "a host may keep `_meta` back, and only pictures are pictures"
    host.close()


def the_page_cannot_load_or_send_anything_else(open_host, **_):
    host = open_host("show_moment", moment(68, 110))
    host.text("#range", "1:08")
    origin = host.places[0]
    # The host's policy allows pictures and programs from there. The policy in the page does not.
    for attempt in (
        f"() => fetch('{origin}/api/v2/stolen').then(() => 'sent', () => 'kept')",
        f"() => new Promise((done) => {{ const image = new Image(); image.onload = () => done('sent'); image.onerror = () => done('kept'); image.src = '{origin}/stolen.png'; }})",
        "() => { try { document.body.innerHTML = '<b>x</b>'; return 'sent'; } catch { return 'kept'; } }",
        f"() => {{ try {{ const script = document.createElement('script'); script.src = '{origin}/stolen.js'; return 'sent'; }} catch {{ return 'kept'; }} }}",
    ):
        assert host.at("body").evaluate(attempt) == "kept", attempt
    assert not any("stolen" in url for url in host.loaded), host.loaded
    host.close(media=[f"{origin}/"])


def it_is_dark_and_light_as_the_host_is(open_host, **_):
    ground = "() => getComputedStyle(document.body).backgroundColor"
    bright = lambda colour: sum(int(part) for part in colour.split("(")[1].split(")")[0].split(",")[:3]) > 380
    for theme, scheme in (("light", "dark"), ("dark", "light")):
        host = open_host("show_moment", moment(68, 110), theme=theme, scheme=scheme)
        host.text("#range", "1:08")
        colour = host.at("body").evaluate(ground)
        assert bright(colour) == (theme == "light"), (theme, colour)
        shown_picture(host)
        host.shot(f"moment-{theme}-again")
        other = "dark" if theme == "light" else "light"
        variables = {"--color-background-primary": "light-dark(rgb(250, 240, 230), rgb(20, 30, 40))", "--evil": "url(http://127.0.0.1:9/x)"}
        host.tell("ui/notifications/host-context-changed", {"theme": other, "styles": {"variables": variables}})
        wanted = "rgb(20, 30, 40)" if other == "dark" else "rgb(250, 240, 230)"
        host.until("body", f"body => getComputedStyle(body).backgroundColor === '{wanted}'")
        host.close()


def the_contact_sheet_opens_its_moments(open_host, **_):
    names = [f"{ROBBERY}@0-68", f"{ROBBERY}@68-110", "vid_nothing@1-2", "vid_safety_last_1923@40-100", "vid_metropolis_1927@170-200", f"{ROBBERY}@110-175"]
    host = open_host("show_moments", {"moments": names})
    host.text("#title", "6 moments")
    assert host.at("#sheet button").count() == 5 and "not found" in host.at("#sheet").inner_text().lower()
    host.until("#sheet canvas >> nth=4", "(canvas) => canvas.width > 200 && canvas.width !== 300")
    colours = {host.at("#sheet canvas").nth(n).evaluate("(c) => [...c.getContext('2d').getImageData(c.width / 2, c.height / 2, 8, 8).data].join()") for n in range(5)}
    assert len(colours) == 5, "each moment has its own picture"
    host.shot("sheet-light")
    host.at("#sheet button").nth(1).click()
    host.text("#range", "1:08\u20131:50")
    assert host.calls[-1]["arguments"] == {"video_id": f"{ROBBERY}@68-110"}, host.calls
    host.at("body").press("ArrowRight")
    host.text("#range", "1:50")
    host.shot("sheet-opened")
    host.at("body").press("Escape")
    host.text("#title", "6 moments")
    assert host.at("#moment").is_hidden()
    host.at("body").press("ArrowRight")
    host.at("#sheet button:focus").press("Enter")
    host.at("#moment").wait_for()
    host.close()


def the_film_plays_from_the_moment(open_host, film, **_):
    host = open_host("show_moment", {"video_id": film, "time": 4})
    host.text("#range", "0:03\u20130:06")
    host.at("#big").click()
    video = host.at("#film")
    host.until("#film", "(film) => film.currentTime > 3 && !film.paused")
    start = video.evaluate("(film) => [film.currentTime, film.duration, film.videoWidth]")
    assert 3 <= start[0] < 6 and start[1] > 11 and start[2] == 320, start
    host.at("#head").wait_for()
    assert host.at("#play").inner_text() == "Pause"
    host.shot("film")
    host.at("#copy").focus()
    host.at("#copy").press("k")
    host.text("#play", "Play")
    assert video.evaluate("(film) => film.paused")
    host.at("#next").click()
    host.text("#range", "0:06\u20130:09")
    host.until("#film", "(film) => Math.abs(film.currentTime - 6) < 0.2")
    host.tell("ui/resource-teardown", {"reason": "test"}, id=99)
    host.page.wait_for_function("() => log.some((message) => message.id === 99 && message.result)")
    assert not host.violations, host.violations
    host.close(media=[f"{host.places[0]}/api/v2/media/stream"])


def an_old_link_is_renewed(open_host, film, **_):
    def aged(result):
        result = copy.deepcopy(result)
        if not renewing:
            result["_meta"]["videosearch/view"]["link"].update(url="http://127.0.0.1:9/gone", expires_at="2020-01-01T00:00:00Z")
        return result

    renewing = []
    host = open_host("show_moment", {"video_id": film, "time": 4}, change=aged)
    host.text("#range", "0:03\u20130:06")
    renewing.append(True)
    host.at("#play").click()
    host.until("#film", "(film) => film.currentTime > 3")
    assert [call["name"] for call in host.calls] == ["show_moment"], host.calls
    host.close(media=[f"{host.places[0]}/api/v2/media/stream"])


def without_a_film_the_picture_stays(open_host, film, **_):
    def gone(result):
        result = copy.deepcopy(result)
        result["_meta"]["videosearch/view"]["link"]["url"] += "x"
        return result

    # The host's policy lets no medium load; the link leads nowhere; the link is no address of the web.
    def odd(result):
        result = copy.deepcopy(result)
        result["_meta"]["videosearch/view"]["link"]["url"] = "javascript:parent.postMessage('owned','*')"
        return result

    for csp, change in (({"resourceDomains": []}, None), (None, gone), (None, odd)):
        host = open_host("show_moment", {"video_id": film, "time": 4}, csp=csp, change=change)
        host.text("#range", "0:03\u20130:06")
        host.at("#big").click()
        host.text("#status", "cannot be played here")
        assert host.at("#film").is_hidden() and host.at("#none").is_visible() != host.at("#picture").is_visible()
        assert host.at("#play").is_hidden() and host.at("#copy").is_enabled()
        host.at("#next").click()
        host.text("#range", "0:06\u20130:09")
        assert bool(csp) == any("media-src" in line for line in host.violations), host.violations
        assert csp is None or not any("/media/stream" in url for url in host.loaded), host.loaded
        host.close(media=["http://127.0.0.1:"])


def make_film(folder):
    """A film of four scenes, three seconds each."""
    scenes = ["color=0x803020", "testsrc", "color=0x204080", "smptebars"]
    command = ["ffmpeg", "-v", "error"]
    for scene in scenes:
        command += ["-f", "lavfi", "-i", f"{scene}{'=' if '=' not in scene else ':'}size=320x180:rate=25:duration=3"]
    command += ["-filter_complex", "concat=n=4:v=1", "-pix_fmt", "yuv420p", "-g", "10", str(pathlib.Path(folder, "film.mp4"))]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


TESTS = [
    the_picture_and_the_time_line_are_there_at_once,
    a_host_in_a_hurry_is_understood,
    previous_and_next_go_through_the_host,
    a_host_that_calls_no_tools_is_told_of,
    it_works_by_keyboard_alone,
    a_citation_is_copied,
    hostile_texts_stay_texts,
    the_page_cannot_load_or_send_anything_else,
    it_is_dark_and_light_as_the_host_is,
    the_contact_sheet_opens_its_moments,
]
WITH_FILM = [the_film_plays_from_the_moment, an_old_link_is_renewed, without_a_film_the_picture_stays]


def main():
    passed = failed = 0
    pages = Pages()
    has_ffmpeg = bool(shutil.which("ffmpeg") and shutil.which("ffprobe"))
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"])
        for is_modern in (False, True):
            server, film = Server(COMMAND, folder, is_modern), None
            if has_ffmpeg:
                make_film(folder) if not is_modern else None
                uploaded = server.call("upload_media", {"file_path": "film.mp4", "index_name": "Films"})
                film = uploaded["structuredContent"]["video"]["video_id"]
            tests = TESTS + (WITH_FILM if film else [])
            for test in [test for test in tests if all(word in test.__name__ for word in WORDS)]:
                def open_host(tool, arguments, **options):
                    return Host(browser, pages, server, tool, arguments, shots=SHOTS, **options)

                try:
                    test(open_host=open_host, server=server, film=film)
                    passed += 1
                except Exception:
                    failed += 1
                    print(f"FAILED: {test.__name__}, {'without' if is_modern else 'with'} a handshake")
                    traceback.print_exc(file=sys.stdout)
            server.close()
        browser.close()
    if not has_ffmpeg:
        print("without ffmpeg: no film was played")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
