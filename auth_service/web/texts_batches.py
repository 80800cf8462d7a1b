"""Texts about files of registries: key -> (zh, en)."""

from __future__ import annotations

BATCH_TEXTS: dict[str, tuple[str, str]] = {
    "batches.title": ("比对数据批次", "Registry files"),
    "batches.lead": (
        "整体异常的文件先隔离，须由导入人以外的另一人放行才生效。放行前不影响任何人。",
        (
            "A file that is odd as a whole waits until somebody other than its importer lets it count. Until then"
            " it speaks against nobody."
        ),
    ),
    "batches.one": ("{kind} · {at}", "{kind}, {at}"),
    "batches.back": ("返回列表", "Back to the list"),
    "batches.tab.waiting": ("待放行", "Waiting"),
    "batches.tab.all": ("全部（最近 100 个）", "All (newest 100)"),
    "batches.empty.waiting": ("没有待放行的文件。", "No file waits."),
    "batches.empty.all": ("还没有导入过文件。", "No file has come in yet."),
    "batches.csv.batch": ("批次", "Batch"),
    "batches.csv.kind": ("类别", "Kind"),
    "batches.csv.source": ("来源", "Source"),
    "batches.csv.begun": ("导入时间", "Imported"),
    "batches.csv.rows": ("行数", "Rows"),
    "batches.csv.refused": ("拒收", "Refused"),
    "batches.csv.hits": ("命中台账", "Hits"),
    "batches.csv.state": ("状态", "State"),
    "batches.csv.odd": ("异常之处", "What is odd"),
    "batches.state.reading": ("未导入完", "not read to its end"),
    "batches.state.quarantined": ("已隔离，待放行", "in quarantine"),
    "batches.state.cleared": ("无异常，已生效", "nothing odd, counts"),
    "batches.state.released": ("已放行，已生效", "released, counts"),
    "batches.state.discarded": ("已作废", "discarded"),
    "batches.state.tampered": ("记录被改动，不予采用", "tampered with, counts for nothing"),
    "batches.about": ("文件", "The file"),
    "batches.about.source": ("来源", "Source"),
    "batches.about.file": ("文件名", "File name"),
    "batches.about.digest": ("SHA-256", "SHA-256"),
    "batches.about.by": ("导入人", "Imported by"),
    "batches.about.begun": ("开始导入", "Begun"),
    "batches.about.finished": ("导入完成", "Finished"),
    "batches.about.newest": ("来源最新一条", "Newest entry of the source"),
    "batches.about.ended": ("放行或作废人", "Released or discarded by"),
    "batches.nobody": ("无人负责", "nobody stands for it"),
    "batches.gone": ("已到期清除", "erased when its time was over"),
    "batches.unfinished": ("未完成", "not finished"),
    "batches.no_time": ("来源未注明", "the source tells none"),
    "batches.counts": ("计数", "What was counted"),
    "batches.count.rows": ("总行数", "Rows in all"),
    "batches.count.added": ("新增", "Added"),
    "batches.count.late": ("较旧，不采用", "Added, something newer is known"),
    "batches.count.unchanged": ("与以前相同", "Told before"),
    "batches.count.refused": ("拒收", "Refused"),
    "batches.count.corrections": ("其中更正", "Corrections among them"),
    "batches.count.voids": ("其中撤销", "Voids among them"),
    "batches.count.hits": ("证件号码在台账中", "ID number is in the ledger"),
    "batches.count.future": ("日期晚于今天", "Dates in the future"),
    "batches.count.before_birth": ("日期早于出生", "Events before birth"),
    "batches.count.shifted": ("疑似列错位", "Columns look shifted"),
    "batches.nothing_odd": ("没有发现异常。", "Nothing odd was found."),
    "batches.odd.stale": (
        "最新一条比该来源已知的最新一条早 {measured} 天（超过 {limit} 天即异常）。",
        "Its newest entry is {measured} days older than the newest its source has told of (odd above {limit} days).",
    ),
    "batches.odd.volume": (
        "共 {measured} 行，达到以往平均行数的异常线 {limit} 行。",
        "{measured} rows; from {limit} rows on it is odd beside the files before it.",
    ),
    "batches.odd.half": (
        "只有 {measured} 行，低于异常线 {limit} 行，文件可能不完整。",
        "Only {measured} rows; below {limit} it is odd beside the files before it: perhaps half a file.",
    ),
    "batches.odd.hits_jump": (
        "命中台账 {measured} 人次，以往文件的异常线为 {limit}。",
        "{measured} rows hit somebody of the ledger; beside the files before it, more than {limit} is odd.",
    ),
    "batches.odd.hits_share": (
        "命中台账 {measured} 人次，超过全部人数的异常线 {limit}。",
        "{measured} rows hit somebody of the ledger; of all its people, more than {limit} is odd.",
    ),
    "batches.odd.same_date": (
        "{measured} 行的发生日期是同一天（超过 {limit} 行即异常），可能是默认日期。",
        "{measured} events lie on one day (odd above {limit}): perhaps a default date.",
    ),
    "batches.odd.future": (
        "{rows} 行中有 {measured} 行日期晚于今天（超过 {limit} 行即异常）。",
        "{measured} of {rows} rows lie in the future (odd above {limit}).",
    ),
    "batches.odd.before_birth": (
        "{rows} 行中有 {measured} 行早于出生日期（超过 {limit} 行即异常）。",
        "{measured} of {rows} rows lie before birth (odd above {limit}).",
    ),
    "batches.odd.shifted": (
        "{rows} 行中有 {measured} 行疑似列错位（超过 {limit} 行即异常）。",
        "In {measured} of {rows} rows the columns look shifted (odd above {limit}).",
    ),
    "batches.odd.refused": (
        "{rows} 行中有 {measured} 行无法使用（超过 {limit} 行即异常）。",
        "{measured} of {rows} rows cannot be used (odd above {limit}).",
    ),
    "batches.odd.nobody": (
        "导入时无人登录负责（{measured}/{limit}）：须有一人先承担，再由另一人放行。",
        "Nobody signed in stood for the import ({measured} of {limit}): one person must, then another releases it.",
    ),
    "batches.refused": ("拒收原因", "Why rows were refused"),
    "batches.refused.help": (
        "这里只有数目；原行在导入时写出的拒收文件中，由导入人保管。",
        "Numbers only; the rows themselves are in the file that the import wrote, which its importer keeps.",
    ),
    "batches.first": ("前几行的理解方式", "How the first rows were understood"),
    "batches.first.help": (
        "证件号码和姓名已遮盖。请核对各列是否对应。",
        "ID numbers and names are masked. See whether each column holds what its head says.",
    ),
    "batches.row.row": ("行", "Row"),
    "batches.row.act": ("消息", "Message"),
    "batches.row.number": ("证件号码", "ID number"),
    "batches.row.name": ("姓名", "Name"),
    "batches.row.birth": ("出生年", "Born in"),
    "batches.row.event": ("发生日期", "Event"),
    "batches.row.region": ("行政区划", "Region"),
    "batches.profile": ("列对应方案", "Mapping profile"),
    "batches.profile.theirs": ("来源写法", "As the source writes it"),
    "batches.profile.ours": ("理解为", "Read as"),
    "batches.profile.plain": ("按标准表头读取，没有用方案。", "Read by the plain headers, without a profile."),
    "batches.acts": ("办理", "What may be done"),
    "batches.release": ("放行，使其生效", "Release: let it count"),
    "batches.release.help": (
        "放行后这份文件中的记录会参与比对。不会自动停发任何人的待遇。",
        "Its rows are then compared with the ledger. Nobody’s payment stops by itself.",
    ),
    "batches.waits_for_other": (
        "您是导入人，须由另一人放行。",
        "You stand for this import; somebody else must release it.",
    ),
    "batches.nobody_stands": (
        "无人对导入负责。您按下放行后成为负责人，仍须另一人放行。",
        "Nobody stands for this import. Whoever presses release stands for it from then on; another must release it.",
    ),
    "batches.stood_for": (
        "已记录：由您对这次导入负责。请另一人放行。",
        "Recorded: you stand for this import now. Somebody else must release it.",
    ),
    "batches.discard": ("作废", "Discard"),
    "batches.discard.reason": ("作废原因", "Why it is wrong"),
    "batches.discard.help": (
        "一人即可，立即生效：文件中的记录全部撤回。原因存入审计日志。",
        (
            "One person may, and it counts at once: all that the file said is withdrawn. The reason is kept in"
            " the audit trail."
        ),
    ),
    "batches.recorded.released": ("已放行，数据生效。", "Released: the file counts."),
    "batches.recorded.discarded": ("已作废，数据不再采用。", "Discarded: the file counts for nothing."),
    "export.csv": ("导出 CSV", "Export CSV"),
    "export.xlsx": ("导出 XLSX", "Export XLSX"),
}
