import { useChannel } from '@presence-service/client/react';
import { useState } from 'react';

/** The service carries no messages: this page only shows who is there and who is typing. */
export function Chat() {
  const { memberIds } = useChannel('lobby', { join: true });
  return (
    <section>
      <h2>Lobby</h2>
      <p id="members">{memberIds.join(', ')}</p>
      <Typing />
      <Composer />
    </section>
  );
}

function Typing() {
  const { typingIds } = useChannel('lobby');
  return <p id="typing">{typingIds.length > 0 && `${typingIds.join(', ')} typing …`}</p>;
}

function Composer() {
  const { setTyping } = useChannel('lobby');
  const [text, setText] = useState('');
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setText('');
        void setTyping(false);
      }}
    >
      <input
        aria-label="Message"
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          void setTyping(target.value !== '');
        }}
      />
      <button>Send</button>
    </form>
  );
}
