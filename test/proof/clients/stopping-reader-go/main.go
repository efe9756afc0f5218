// Opens GenerateStream, reads a number of messages, then stops reading until its standard input is closed.
//
// Usage: stopping-reader-go HOST:PORT REQUEST_HEX MESSAGES. Stock settings, raw messages (no stubs needed). Prints one line
// when it has stopped: the number of messages read and their bytes.
package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// rawCodec hands messages through as they are on the wire.
type rawCodec struct{}

func (rawCodec) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }

func (rawCodec) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = append([]byte(nil), data...)
	return nil
}

func (rawCodec) Name() string { return "proto" }

func main() {
	address := os.Args[1]
	request, err := hex.DecodeString(os.Args[2])
	check(err)
	messages, err := strconv.Atoi(os.Args[3])
	check(err)

	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(err)
	defer connection.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true},
		"/rill.v1.GenerationService/GenerateStream", grpc.ForceCodec(rawCodec{}))
	check(err)
	check(stream.SendMsg(&request))
	check(stream.CloseSend())
	readBytes := 0
	for range messages {
		var message []byte
		check(stream.RecvMsg(&message))
		readBytes += len(message)
	}
	fmt.Printf("stopped %d %d\n", messages, readBytes)
	_, err = io.Copy(io.Discard, os.Stdin)
	check(err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
