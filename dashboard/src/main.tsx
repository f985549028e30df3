import { render } from 'preact';
import { App } from './view/app.js';
import { followTheme } from './view/theme.js';
import './view/styles/base.css';
import './view/styles/header.css';
import './view/styles/tiles.css';
import './view/styles/toolbar.css';
import './view/styles/table.css';
import './view/styles/lists.css';
import './view/styles/panel.css';
import './view/styles/sign-in.css';

followTheme(() => {});
render(<App />, document.getElementById('dashboard')!);
