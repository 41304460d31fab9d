// SPDX-License-Identifier: Apache-2.0

package normalize

import "github.com/tocsin-siem/tocsin/internal/core/event"

// windowsSysmon tells what the events of Sysmon mean (Microsoft Sysinternals, "Sysmon",
// Events), on Linux, too.
func windowsSysmon(d *document, id string) windowsVerdict {
	switch id {
	case "1":
		return windowsVerdict{title: "Process started", category: "process_started"}
	case "5":
		return windowsVerdict{title: "Process ended", category: "process_ended"}
	case "3":
		return windowsVerdict{title: "Network connection", category: "network_connection"}
	case "22":
		return windowsVerdict{title: "Name looked up", category: "dns_query"}
	case "2", "11", "15", "23", "26", "27", "28", "29":
		return windowsVerdict{title: "File written or deleted", category: "file_activity"}
	case "4":
		if d.text("State") == "Stopped" {
			return windowsVerdict{title: "Sysmon stopped", category: "service_stopped", severity: event.Medium}
		}
		return windowsVerdict{title: "Sysmon started", category: "service_started"}
	case "16":
		return windowsVerdict{title: "Sysmon's configuration changed", category: "config_changed", severity: event.Medium}
	default:
		return windowsVerdict{}
	}
}

// windowsSystem tells what the events of the log System mean.
func windowsSystem(id, provider string) windowsVerdict {
	switch {
	case id == "104" && provider == "Microsoft-Windows-Eventlog":
		return windowsVerdict{title: "Log cleared", category: "log_paused", outcome: event.Success, severity: event.High}
	case provider != "Service Control Manager":
		return windowsVerdict{}
	}
	switch id {
	case "7045":
		return windowsVerdict{title: "Service installed", category: "config_changed", outcome: event.Success, severity: event.Medium, who: whoNobody}
	case "7040":
		return windowsVerdict{title: "Start of a service changed", category: "config_changed", outcome: event.Success, severity: event.Low}
	case "7031", "7034":
		return windowsVerdict{title: "Service ended unexpectedly", category: "service_stopped", outcome: event.Failure, severity: event.Low}
	default:
		return windowsVerdict{}
	}
}

// windowsPowerShell tells what the events of PowerShell mean.
func windowsPowerShell(id string) windowsVerdict {
	switch id {
	case "4103", "4104", "800":
		return windowsVerdict{title: "Script run", category: "script_executed"}
	default:
		return windowsVerdict{}
	}
}

// windowsTask tells what the events of the task scheduler mean.
func windowsTask(id string) windowsVerdict {
	switch id {
	case "106":
		return windowsVerdict{title: "Scheduled task made", category: "config_changed", outcome: event.Success, severity: event.Low}
	case "140", "141", "142":
		return windowsVerdict{title: "Scheduled task changed", category: "config_changed", outcome: event.Success, severity: event.Low}
	default:
		return windowsVerdict{}
	}
}

// windowsDefender tells what the events of Microsoft Defender Antivirus mean.
func windowsDefender(id string) windowsVerdict {
	switch id {
	case "1006", "1015", "1116", "1117", "1118", "1119":
		return windowsVerdict{title: "Malware found", category: "security_event", severity: event.High}
	case "5001", "5010", "5012", "5101":
		return windowsVerdict{title: "Protection turned off", category: "config_changed", outcome: event.Success, severity: event.High}
	case "5007", "5004":
		return windowsVerdict{title: "Defender's configuration changed", category: "config_changed", outcome: event.Success, severity: event.Low}
	default:
		return windowsVerdict{}
	}
}
