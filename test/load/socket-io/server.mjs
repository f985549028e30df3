// Typical use of Socket.IO: every received message is broadcast to all clients.
import { Server } from 'socket.io';

const server = new Server({ transports: ['websocket'], perMessageDeflate: false });
server.on('connection', (socket) => {
  socket.on('publish', (payload, acknowledge) => {
    server.emit('presence', payload);
    acknowledge();
  });
});
server.listen(Number(process.argv[2]));
