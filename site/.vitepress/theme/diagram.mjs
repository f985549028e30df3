import mermaidUrl from '@mermaid-js/tiny/dist/mermaid.tiny.js?url';
import { useData } from 'vitepress';
import { defineComponent, h, onMounted, ref, watch } from 'vue';

/** Loads Mermaid with the first diagram. It is larger than everything else together. */
let loading;
function loadMermaid() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = mermaidUrl;
    script.onload = () => resolve(window.mermaid);
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

let diagrams = 0;

/** A Mermaid diagram. Shows its text until the picture is drawn. */
export const Diagram = defineComponent({
  props: { code: { type: String, required: true } },
  setup(props) {
    const { isDark } = useData();
    const code = decodeURIComponent(props.code);
    const svg = ref();

    async function draw() {
      const mermaid = await loadMermaid();
      mermaid.initialize({ startOnLoad: false, theme: isDark.value ? 'dark' : 'default' });
      ({ svg: svg.value } = await mermaid.render(`diagram-${++diagrams}`, code));
    }
    onMounted(draw);
    watch(isDark, draw);

    return () =>
      svg.value === undefined
        ? h('pre', code)
        : h('div', { class: 'diagram', innerHTML: svg.value });
  },
});
