/** An echo server on Python's `selectors`, as its manual has it, with what is unsent kept for later. */
export const PYTHON_ECHO = `import selectors, socket, sys
loop = selectors.DefaultSelector()
listener = socket.create_server(('127.0.0.1', int(sys.argv[1])), backlog=511)
listener.setblocking(False)
loop.register(listener, selectors.EVENT_READ, None)
def forget(client):
    loop.unregister(client)
    client.close()
while True:
    for key, mask in loop.select():
        client, unsent = key.fileobj, key.data
        if unsent is None:
            client, _ = listener.accept()
            client.setblocking(False)
            loop.register(client, selectors.EVENT_READ, bytearray())
            continue
        try:
            if mask & selectors.EVENT_READ:
                data = client.recv(65536)
                if not data:
                    forget(client)
                    continue
                unsent += data
            if unsent:
                del unsent[:client.send(unsent)]
            loop.modify(client, selectors.EVENT_WRITE if unsent else selectors.EVENT_READ, unsent)
        except BlockingIOError:
            loop.modify(client, selectors.EVENT_WRITE, unsent)
        except OSError:
            forget(client)
`;
