// SPDX-License-Identifier: Apache-2.0

package normalize

import "strings"

// fillWindowsJSON fills the fields of an event of the Windows event log, in the
// forms that are about: Winlogbeat's (winlog.*, before version 7 event_data.*),
// NXLog's (flat), and evtx_dump's, which is the XML as objects (Event.*). Whatever
// the form, an attribute has the name that the event itself gives its value, which is
// the one that Sigma rules use: EventID, Channel, Provider_Name, TargetUserName.
func fillWindowsJSON(d *document) bool {
	switch {
	case d.has("Event.System.EventID"), d.has("Event.System.EventID.#text"):
		d.rename(windowsDumpName)
	case d.has("winlog.event_id"):
		d.rename(windowsBeatName)
	case d.has("event_id") && (d.has("log_name") || d.has("source_name")):
		d.rename(windowsOldBeatName)
	case d.has("EventID") && (d.has("Channel") || d.has("SourceName") || d.has("Provider_Name") || d.has("ProviderGuid")):
	default:
		return false
	}
	d.also("Provider_Name", "SourceName", "ProviderName", "Provider")
	d.also("Computer", "Hostname", "MachineName")
	fillWindows(d)
	return true
}

// windowsBeatName is the event's own name for one of Winlogbeat's.
func windowsBeatName(key string) string {
	rest, ok := strings.CutPrefix(key, "winlog.")
	if !ok {
		return ""
	}
	switch rest {
	case "event_id":
		return "EventID"
	case "channel":
		return "Channel"
	case "provider_name":
		return "Provider_Name"
	case "provider_guid":
		return "Provider_Guid"
	case "computer_name":
		return "Computer"
	case "record_id":
		return "EventRecordID"
	case "process.pid":
		return "Execution_ProcessID"
	case "process.thread.id":
		return "Execution_ThreadID"
	case "user.identifier":
		return "Security_UserID"
	case "activity_id":
		return "Correlation_ActivityID"
	}
	return windowsDataName(rest)
}

// windowsOldBeatName is the same for Winlogbeat before version 7.
func windowsOldBeatName(key string) string {
	switch key {
	case "event_id":
		return "EventID"
	case "log_name":
		return "Channel"
	case "source_name":
		return "Provider_Name"
	case "provider_guid":
		return "Provider_Guid"
	case "computer_name":
		return "Computer"
	case "record_number":
		return "EventRecordID"
	case "process_id":
		return "Execution_ProcessID"
	case "thread_id":
		return "Execution_ThreadID"
	case "user.identifier":
		return "Security_UserID"
	}
	return windowsDataName(key)
}

// windowsDataName is the name of a value of the event's data, "" of others.
func windowsDataName(key string) string {
	if rest, ok := strings.CutPrefix(key, "event_data."); ok {
		return spaceless(rest)
	}
	if rest, ok := strings.CutPrefix(key, "user_data."); ok {
		return spaceless(rest)
	}
	return ""
}

// windowsDumpName is the name of what evtx_dump has as Event.…: attributes of the
// XML stand in it as #attributes, or behind _attributes, and texts beside them as
// #text.
func windowsDumpName(key string) string {
	key, outer := strings.CutPrefix(key, "Event_attributes.")
	if outer {
		return "Event_" + key
	}
	rest, ok := strings.CutPrefix(key, "Event.")
	if !ok {
		return ""
	}
	rest = strings.TrimSuffix(rest, ".#text")
	rest = strings.ReplaceAll(strings.ReplaceAll(rest, ".#attributes.", "_"), "_attributes.", "_")
	if rest, ok = strings.CutPrefix(rest, "#attributes."); ok {
		return "Event_" + rest
	}
	for _, section := range [...]string{"System.", "EventData."} {
		if inner, ok := strings.CutPrefix(rest, section); ok {
			return spaceless(inner)
		}
	}
	if inner, ok := strings.CutPrefix(rest, "UserData."); ok {
		if _, member, ok := strings.Cut(inner, "."); ok {
			return spaceless(member)
		}
	}
	return rest
}

// spaceless is a name as Sigma has it: "Threat Name" of the event is ThreatName there.
func spaceless(name string) string {
	if strings.IndexByte(name, ' ') < 0 {
		return name
	}
	return strings.ReplaceAll(name, " ", "")
}
