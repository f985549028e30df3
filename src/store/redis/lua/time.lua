-- Returns the time of the server that holds the key. In a cluster all nodes must use the clock of the same server.
-- KEYS 1 beats
-- Returns the seconds and microseconds since the epoch.
return redis.call('TIME')
