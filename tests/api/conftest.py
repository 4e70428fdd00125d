import concurrent.futures
import contextlib

import pytest
from gradio_client import Client


class Patient(Client):
    """A client that asks again when a call ends as "cancelled".

    In gradio_client the stream of a call that has ended may cancel the next one, where that follows
    within milliseconds, as it does in tests.
    """

    def predict(self, *arguments, **named):
        for _ in range(3):
            with contextlib.suppress(concurrent.futures.CancelledError):
                return super().predict(*arguments, **named)
        return super().predict(*arguments, **named)


@pytest.fixture(scope="session")
def server(embedded):
    """The app on its embedded engines, and nothing else."""
    return embedded


@pytest.fixture(scope="session")
def client(server):
    return Patient(server.url, verbose=False)


@pytest.fixture
def key(client):
    return client.predict(api_name="/new_user")["user_key"]
