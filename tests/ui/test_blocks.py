"""How the page's events are connected."""

from modules.conversation.app import App
from modules.settings import Settings
from modules.ui.blocks import build


def test_an_event_shows_its_progress_on_outputs_only_where_a_visitor_waits_for_it(tmp_path):
    config = build(App(Settings(data=tmp_path))).get_config_file()
    kinds = {each["id"]: each["type"] for each in config["components"]}
    of_the_page = [
        event
        for event in config["dependencies"]
        if event["backend_fn"] and event["outputs"] and event["api_visibility"] == "private"
    ]
    quiet = [event for event in of_the_page if event["show_progress"] == "hidden"]
    assert len(quiet) > 20
    for event in quiet:
        assert [kinds[each] for each in event["show_progress_on"] or []] == ["state"], event
