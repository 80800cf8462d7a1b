// A kiosk's browser shows this page and no other, on a bank's own line.

export const appOf = () => "";
export const slowLink = () => false;
