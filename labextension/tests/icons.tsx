/** Stands in for @jupyterlab/ui-components: icons that draw nothing. */
import React from 'react';

export class LabIcon {
  readonly react = (): JSX.Element => <span />;
}

export const addBelowIcon = new LabIcon();
export const copyIcon = new LabIcon();
export const refreshIcon = new LabIcon();
export const terminalIcon = new LabIcon();
export const undoIcon = new LabIcon();
