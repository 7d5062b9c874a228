import { describe, expect, it } from "vitest";
import {
  fieldsFrom,
  fieldsOf,
  formatWeekdays,
  parseWeekdays,
  readClock,
  sentenceOf,
  textOf,
  toggleMonthDay,
  toggleWeekday,
  withUnit,
} from "../src/store/cron";

const read = (text: string) => sentenceOf(fieldsOf(text)!);
const write = (text: string) => textOf(fieldsFrom(read(text), fieldsOf(text)!));

describe("a sentence and its five fields", () => {
  it.each([
    "* * * * *",
    "*/15 * * * *",
    "*/5 8-18 * * 1-5",
    "0 * * * *",
    "30 */4 * * *",
    "0 8-18 * * 1-5",
    "0 9-17/2 * * *",
    "30 2 * * *",
    "45 7 * * 1,4",
    "0 7 * * 1-5",
    "0 9 * * 0,6",
    "0 6 1 * *",
    "0 6 1,15 * *",
    "0 18 L * *",
    "0 12 24 12 *",
  ])("say the same for %s", (text) => {
    expect(read(text).unit).not.toBe("custom");
    expect(write(text)).toBe(text);
  });

  it.each([
    "1,2 3 * * *",
    "*/15 */2 * * *",
    "0 7 1 * 1",
    "0 7 * 1-3 *",
    "0 7 * * 5#2",
    "5-10 * * * *",
    "0 7 1,2 6 *",
  ])("leaves %s as it is, because no sentence says it", (text) => {
    expect(read(text).unit).toBe("custom");
    expect(write(text)).toBe(text);
  });

  it("reads weekdays by name and 7 as Sunday", () => {
    expect(read("0 7 * * mon,thu").weekdays).toEqual([1, 4]);
    expect(parseWeekdays("6,7")).toEqual([0, 6]);
    expect(parseWeekdays("MON-FRI")).toEqual([1, 2, 3, 4, 5]);
  });

  it("takes all seven days for every day", () => {
    expect(parseWeekdays("0-6")).toEqual([]);
    expect(formatWeekdays([0, 1, 2, 3, 4, 5, 6])).toBe("*");
  });

  it("keeps out what is no field value", () => {
    expect(parseWeekdays("8")).toBeNull();
    expect(parseWeekdays("5-1")).toBeNull();
    expect(read("61 7 * * *").unit).toBe("custom");
  });

  it("needs exactly five fields in a free text", () => {
    expect(fieldsOf("0 7 * *")).toBeNull();
    expect(fieldsOf("@daily")).toBeNull();
    expect(fieldsOf("  0  7 * * 1 ")).toEqual({ minute: "0", hour: "7", day: "*", month: "*", weekday: "1" });
  });
});

describe("turning the sentence's knobs", () => {
  it("starts a week on Monday when no day was chosen", () => {
    expect(textOf(fieldsFrom(withUnit(read("0 7 * * *"), "week"), fieldsOf("0 7 * * *")!))).toBe("0 7 * * 1");
  });

  it("keeps the time of day when the unit changes", () => {
    expect(fieldsFrom(withUnit(read("45 7 * * 1"), "month"), fieldsOf("45 7 * * 1")!)).toMatchObject({
      minute: "45",
      hour: "7",
      day: "1",
      weekday: "*",
    });
  });

  it("never leaves a weekly schedule without a day", () => {
    const monday = read("0 7 * * 1");
    expect(toggleWeekday(monday, 1).weekdays).toEqual([1]);
    expect(toggleWeekday(toggleWeekday(monday, 4), 1).weekdays).toEqual([4]);
  });

  it("holds one day for a year and several for a month", () => {
    expect(toggleMonthDay(read("0 7 1 * *"), "15").monthDays).toEqual(["1", "15"]);
    expect(toggleMonthDay(read("0 7 1 6 *"), "15").monthDays).toEqual(["15"]);
    expect(toggleMonthDay(read("0 7 1 * *"), "L").monthDays).toEqual(["1", "L"]);
  });

  it("offers only steps that divide the hour or the day", () => {
    expect(withUnit(read("30 2 * * *"), "minute").step).toBe(1);
    expect(withUnit(read("*/20 * * * *"), "hour").step).toBe(1);
  });
});

describe("a typed time", () => {
  it.each([
    ["7", "07:00"],
    ["7:45", "07:45"],
    ["0745", "07:45"],
    ["745", "07:45"],
    ["07.45", "07:45"],
    ["23:59", "23:59"],
  ])("%s is %s", (typed, time) => expect(readClock(typed)).toBe(time));

  it.each(["24:00", "7:60", "noon", ""])("%s is none", (typed) => expect(readClock(typed)).toBeNull());
});
