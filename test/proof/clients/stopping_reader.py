"""Opens GenerateStream, reads a number of messages, then stops reading until its standard input is closed.

Usage: stopping_reader.py HOST:PORT REQUEST_HEX MESSAGES. Stock settings, raw messages (no stubs needed). Prints one line
when it has stopped: the number of messages read and their bytes.
"""

import sys

import grpc

address, request_hex, messages = sys.argv[1], sys.argv[2], int(sys.argv[3])
with grpc.insecure_channel(address) as channel:
    generate_stream = channel.unary_stream("/rill.v1.GenerationService/GenerateStream")
    call = generate_stream(bytes.fromhex(request_hex))
    read_bytes = sum(len(next(call)) for _ in range(messages))
    print(f"stopped {messages} {read_bytes}", flush=True)
    sys.stdin.read()
    call.cancel()
