import socket

from app.demo.stage import free_port


def listening() -> socket.socket:
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def test_the_port_of_a_server_that_has_just_ended_is_free() -> None:
    with listening() as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        answering, _ = server.accept()
    answering.close()  # the one who closes first keeps the port for a while, in TIME_WAIT
    client.close()
    assert free_port(port) == port


def test_a_port_that_somebody_listens_on_is_not_taken() -> None:
    with listening() as server:
        assert free_port(server.getsockname()[1]) not in {0, server.getsockname()[1]}
