//! Points in time and durations in words.

use std::time::Duration;

use authtuna::model::time::Timestamp;
use time::OffsetDateTime;

use crate::i18n::Lang;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const MONTH: u64 = 30 * DAY;
const YEAR: u64 = 365 * DAY;

/// Returns how long ago it was, in the largest unit that fits.
pub(crate) fn ago(t: Lang, now: Timestamp, at: Timestamp) -> String {
    match now.since(at).as_secs() {
        0..MINUTE => t.time_just_now().to_owned(),
        s @ MINUTE..HOUR => t.time_minutes_ago(s / MINUTE),
        s @ HOUR..DAY => t.time_hours_ago(s / HOUR),
        s @ DAY..MONTH => t.time_days_ago(s / DAY),
        s @ MONTH..YEAR => t.time_months_ago(s / MONTH),
        s => t.time_years_ago(s / YEAR),
    }
}

/// Returns a duration in the largest unit that fits, rounded up.
pub(crate) fn in_words(t: Lang, duration: Duration) -> String {
    match duration.as_secs() {
        s @ 0..MINUTE => t.time_seconds(s.max(1)),
        s @ MINUTE..HOUR => t.time_minutes(s.div_ceil(MINUTE)),
        s @ HOUR..DAY => t.time_hours(s.div_ceil(HOUR)),
        s @ DAY..MONTH => t.time_days(s.div_ceil(DAY)),
        s @ MONTH..YEAR => t.time_months(s.div_ceil(MONTH)),
        s => t.time_years(s.div_ceil(YEAR)),
    }
}

/// Returns the exact time: for a machine (RFC 3339), and for a user, in UTC.
pub(crate) fn exactly(t: Lang, at: Timestamp) -> (String, String) {
    let at = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    let (hour, minute, second) = at.to_hms();
    let name = match month {
        1 => t.time_month_1(),
        2 => t.time_month_2(),
        3 => t.time_month_3(),
        4 => t.time_month_4(),
        5 => t.time_month_5(),
        6 => t.time_month_6(),
        7 => t.time_month_7(),
        8 => t.time_month_8(),
        9 => t.time_month_9(),
        10 => t.time_month_10(),
        11 => t.time_month_11(),
        _ => t.time_month_12(),
    };
    let machine = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    let clock = format!("{hour:02}:{minute:02}");
    (machine, t.time_exact(&clock, &day.to_string(), name, &year.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_largest_unit_that_fits() {
        let now = Timestamp::from_micros(1_800_000_000_000_000);
        let ago = |seconds| ago(Lang::En, now, now.minus(Duration::from_secs(seconds)));
        assert_eq!(ago(59), "just now");
        assert_eq!(ago(61), "1 minute ago");
        assert_eq!(ago(2 * HOUR + 5), "2 hours ago");
        assert_eq!(ago(29 * DAY), "29 days ago");
        assert_eq!(ago(800 * DAY), "2 years ago");
        let (machine, person) = exactly(Lang::En, now);
        assert_eq!(machine, "2027-01-15T08:00:00Z");
        assert_eq!(person, "Jan 15, 2027, 08:00 UTC");
    }

    #[test]
    fn nobody_is_told_to_come_back_too_early() {
        let words = |seconds| in_words(Lang::En, Duration::from_secs(seconds));
        assert_eq!(words(0), "1 second");
        assert_eq!(words(1), "1 second");
        assert_eq!(words(61), "2 minutes");
        assert_eq!(words(1800), "30 minutes");
        assert_eq!(words(7 * DAY), "7 days");
        assert_eq!(words(365 * DAY), "1 year");
    }
}
