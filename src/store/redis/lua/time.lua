-- The time of the server that holds the key: in a cluster all nodes must ask the same one.
-- KEYS 1 beats
-- Returns the seconds and microseconds since the epoch.
return redis.call('TIME')
