import pytest
from gradio_client import Client

from tests.running import running


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The app on its embedded engines, and nothing else."""
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="session")
def client(server):
    return Client(server.url, verbose=False)


@pytest.fixture
def key(client):
    return client.predict(api_name="/new_user")["user_key"]
