// Watches all users while one user connects, joins the lobby, sets a status and disconnects.
//
//	go run . TOKEN [ADDRESS]
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	presencev1 "example.com/presence/gen/presence/v1"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: go run . TOKEN [ADDRESS]")
	}
	address := "localhost:50051"
	if len(os.Args) > 2 {
		address = os.Args[2]
	}
	// Every call carries the token.
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+os.Args[1])
	if err := watch(ctx, address); err != nil {
		log.Fatal(err)
	}
}

func watch(ctx context.Context, address string) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// This stream does not end by itself. Keep the last ResumeToken to resume after a disconnect.
	subscription, err := presencev1.NewEventsServiceClient(conn).Subscribe(ctx, &presencev1.SubscribeRequest{})
	if err != nil {
		return err
	}
	me := ""
	for {
		message, err := subscription.Recv()
		if err != nil {
			return err
		}
		for _, presence := range message.GetSnapshot() {
			fmt.Println(presence.GetUserId(), "is", presence.GetStatus())
		}
		if message.GetSync() == presencev1.Sync_SYNC_CURRENT {
			if me, err = visit(ctx, conn); err != nil {
				return err
			}
		}
		for _, event := range message.GetEvents() {
			presence := event.GetPresence()
			fmt.Println(presence.GetUserId(), inWords(event))
			if event.GetUserOffline() != nil && presence.GetUserId() == me {
				return nil
			}
		}
	}
}

// visit connects, joins a channel, sets a status and disconnects. It returns the user id.
func visit(ctx context.Context, conn *grpc.ClientConn) (string, error) {
	// The session lives as long as this stream. Cancelling the context ends it.
	sessionCtx, end := context.WithCancel(ctx)
	defer end()
	stream, err := presencev1.NewSessionServiceClient(conn).Connect(sessionCtx, &presencev1.ConnectRequest{
		Platform: "desktop",
	})
	if err != nil {
		return "", err
	}
	first, err := stream.Recv()
	if err != nil {
		return "", err
	}
	session := first.GetSessionStarted().GetSession()

	callCtx, done := context.WithTimeout(ctx, 5*time.Second)
	defer done()
	service := presencev1.NewPresenceServiceClient(conn)
	if _, err = service.JoinChannel(callCtx, &presencev1.JoinChannelRequest{
		SessionId: session.GetSessionId(),
		ChannelId: "lobby",
	}); err != nil {
		return "", err
	}
	_, err = service.UpdateStatus(callCtx, &presencev1.UpdateStatusRequest{
		SessionId:  session.GetSessionId(),
		Choice:     presencev1.StatusChoice_STATUS_CHOICE_DO_NOT_DISTURB,
		StatusText: "In a call",
	})
	return session.GetUserId(), err
}

func inWords(event *presencev1.PresenceEvent) string {
	presence := event.GetPresence()
	switch event.GetChange().(type) {
	case *presencev1.PresenceEvent_UserOnline:
		return "is online"
	case *presencev1.PresenceEvent_UserOffline:
		return "is offline"
	case *presencev1.PresenceEvent_UserStatusChanged:
		return fmt.Sprint("is ", presence.GetStatus(), " ", presence.GetStatusText())
	case *presencev1.PresenceEvent_UserChannelChanged:
		return fmt.Sprintf("is in channel %q", presence.GetCurrentChannelId())
	case *presencev1.PresenceEvent_UserMuteStateChanged:
		return fmt.Sprint("is muted: ", presence.GetIsMicrophoneMuted())
	default:
		return fmt.Sprint("is on ", presence.GetPlatforms())
	}
}
