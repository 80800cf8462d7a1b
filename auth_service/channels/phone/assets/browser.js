// Which app shows this page. Inside other apps the camera often does not open, and the way out has a different name.

const APPS = [
  ["wechat", /MicroMessenger/i],
  ["alipay", /AlipayClient|AliApp\(AP/i],
  ["in_app", /DingTalk|QQ\/|Weibo|UnionPay|ICBC|CCBMobile|ABCBank|BOCMBCI|CMBMobile|PSBC|BankAbc|MBank|; ?wv\)/i],
];

/** "wechat", "alipay", "in_app" or "" for a browser of its own. */
export function appOf(userAgent = navigator.userAgent) {
  const found = APPS.find(([, pattern]) => pattern.test(userAgent));
  return found ? found[0] : "";
}

/** Whether the phone itself says that its link is slow; not all can. */
export function slowLink(connection = navigator.connection) {
  return Boolean(connection) && (connection.saveData === true || /^(slow-)?2g$/.test(connection.effectiveType || ""));
}
