"""Opens GenerateStream, reads a number of messages, then stops reading until its standard input is closed.

Raw messages (no stubs needed); stock settings but for the channel options that are given. Prints one line when it has
stopped: the number of messages read and their bytes.
"""

import argparse
import sys

import grpc

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--option", action="append", default=[], metavar="NAME=NUMBER", help="of the channel")
parser.add_argument("address")
parser.add_argument("request_hex")
parser.add_argument("messages", type=int)
given = parser.parse_args()
options = [(name, int(number)) for name, _, number in (option.partition("=") for option in given.option)]

with grpc.insecure_channel(given.address, options=options) as channel:
    generate_stream = channel.unary_stream("/rill.v1.GenerationService/GenerateStream")
    call = generate_stream(bytes.fromhex(given.request_hex))
    read_bytes = sum(len(next(call)) for _ in range(given.messages))
    print(f"stopped {given.messages} {read_bytes}", flush=True)
    sys.stdin.read()
    call.cancel()
