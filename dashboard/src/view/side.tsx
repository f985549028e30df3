import { useRef } from 'preact/hooks';
import { TABS, type View } from '../model/view.js';
import type { DashboardStore } from '../service/live.js';
import { AuditList } from './audit-list.js';
import { ChannelList } from './channel-list.js';
import { EventFeed } from './event-feed.js';

interface SideProps {
  readonly live: DashboardStore;
  readonly view: View;
  readonly onView: (part: Partial<View>) => void;
  readonly onOpen: (userId: string) => void;
}

/** The lists beside the users, of which one is visible. */
export function Side({ live, view, onView, onOpen }: SideProps) {
  // The service tells only admins what others did.
  const tabs = TABS.filter((name) => name !== 'Audit' || live.viewer === undefined);
  const tab = tabs.includes(view.tab) ? view.tab : 'Events';
  const list = useRef<HTMLDivElement>(null);

  // The usual keys of tabs: the arrow keys switch between the tabs, and Tab enters the open tab.
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    const step = event.key === 'ArrowLeft' ? tabs.length - 1 : 1;
    const other = tabs[(tabs.indexOf(tab) + step) % tabs.length]!;
    onView({ tab: other });
    list.current?.querySelector<HTMLElement>(`#tab-${other}`)?.focus();
  };

  return (
    <section class="side card" aria-label="Channels, events and actions">
      <div class="tabs" role="tablist" ref={list} onKeyDown={onKeyDown}>
        {tabs.map((name) => (
          <button
            key={name}
            id={`tab-${name}`}
            role="tab"
            aria-selected={name === tab}
            aria-controls="tab-panel"
            tabIndex={name === tab ? 0 : -1}
            onClick={() => onView({ tab: name })}
          >
            {name}
            {name === 'Channels' && <span class="count">{live.channels.list.length}</span>}
          </button>
        ))}
      </div>
      <div class="tab-panel" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'Channels' ? (
          <ChannelList
            live={live}
            open={view.openChannels}
            onOpenChannels={(openChannels) => onView({ openChannels })}
            onOpen={onOpen}
          />
        ) : tab === 'Audit' ? (
          <AuditList audit={live.audit} onOpen={onOpen} />
        ) : (
          <EventFeed live={live} onOpen={onOpen} onFilter={(events) => onView({ events })} />
        )}
      </div>
    </section>
  );
}
