package insecure

import (
	"context"
	"net"

	"google.golang.org/grpc/credentials"
)

// NewCredentials is newer than this version.
func NewCredentials() credentials.TransportCredentials { return plain{} }

type plain struct{}

func (plain) ClientHandshake(_ context.Context, _ string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return conn, info{}, nil
}
func (plain) ServerHandshake(conn net.Conn) (net.Conn, credentials.AuthInfo, error) { return conn, info{}, nil }
func (plain) Info() credentials.ProtocolInfo                                        { return credentials.ProtocolInfo{} }
func (plain) Clone() credentials.TransportCredentials                               { return plain{} }
func (plain) OverrideServerName(string) error                                       { return nil }

type info struct{}

func (info) AuthType() string { return "insecure" }
