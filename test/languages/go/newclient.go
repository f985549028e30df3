package grpc

// NewClient is newer than this version.
func NewClient(target string, options ...DialOption) (*ClientConn, error) { return Dial(target, options...) }
