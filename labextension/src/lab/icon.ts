/** The icon: two lanes, and the way from one to the other. */
import { LabIcon } from '@jupyterlab/ui-components';

export const envguardIcon = new LabIcon({
  name: 'envguard:lanes',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" width="16">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <circle cx="4" cy="3" r="2"/>
    <circle cx="12" cy="13" r="2"/>
    <path d="M3.250 4h1.500v2.200c0 .7.550 1.250 1.250 1.250h4c1.500 0 2.750 1.250 2.750 2.750V12h-1.500v-1.800c0-.7-.550-1.250-1.250-1.250H6c-1.500 0-2.750-1.250-2.750-2.750z"/>
    <path d="M3.250 9.500h1.500V15h-1.500zM11.250 1h1.500v5.200h-1.500z" opacity=".45"/>
  </g>
</svg>`
});
