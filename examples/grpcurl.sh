#!/usr/bin/env bash
# Calls every kind of method with grpcurl (https://github.com/fullstorydev/grpcurl), which reads the contract from the server:
#   examples/grpcurl.sh TOKEN [ADDRESS]
set -euo pipefail
if [ $# -eq 0 ]; then
  echo "Usage: $0 TOKEN [ADDRESS]" >&2
  exit 2
fi
if ! command -v grpcurl >/dev/null; then
  echo "This example needs grpcurl, which was not found: https://github.com/fullstorydev/grpcurl" >&2
  exit 1
fi
token=$1 address=${2:-localhost:50051}

# call METHOD [REQUEST]: the request in JSON, with names in camelCase.
call() {
  grpcurl -plaintext -H "authorization: Bearer $token" -d "${2:-{\}}" "$address" "presence.v1.$1"
}

# A session lives as long as its stream, so the stream stays open in the background. The first message contains the session id.
exec {session}< <(call SessionService/Connect '{"platform": "desktop"}')
while read -r line <&"$session"; do
  if [[ $line =~ \"sessionId\":\ \"(.*)\" ]]; then break; fi
done
id=${BASH_REMATCH[1]}

call PresenceService/JoinChannel '{"sessionId": "'"$id"'", "channelId": "lobby"}'
call PresenceService/UpdateMuteState '{"sessionId": "'"$id"'", "isMicrophoneMuted": true}'
call PresenceService/UpdateStatus '{"sessionId": "'"$id"'", "choice": "STATUS_CHOICE_AWAY", "statusText": "Lunch"}'
call PresenceService/ListChannelMembers '{"channelId": "lobby"}'
call PresenceService/ListOnlineUsers '{"pageSize": 10, "statuses": ["PRESENCE_STATUS_AWAY"]}'
call SessionService/ListSessions
call SessionService/EndSession '{"sessionId": "'"$id"'"}'
