"""
Members of definitions that the service has and the emulator has not.

Source: EntityMetadata, AttributeMetadata and RelationshipMetadataBase of the Web API reference.
"""

from __future__ import annotations

from ..responses import ServiceError, bad_syntax, not_implemented

_NAMES = """
ActivityTypeMask AssociatedMenuConfiguration AutoCreateAccessTeams AutoNumberFormat
AutoRouteToOwnerQueue CanBeInCustomEntityAssociation CanBeInManyToMany
CanBePrimaryEntityInRelationship CanBeRelatedEntityInRelationship CanBeSecuredForCreate
CanBeSecuredForRead CanBeSecuredForUpdate CanChangeHierarchicalRelationship
CanChangeTrackingBeEnabled CanCreateCharts CanCreateForms CanCreateViews
CanEnableSyncToExternalSearchIndex CanModifyAdditionalSettings CanTriggerWorkflow ColumnNumber
CreatedOn DataSourceId DaysSinceRecordLastModified DenormalizedAttributeName DeprecatedVersion
EnforceStateTransitions EntityColor EntityHelpUrl EntityHelpUrlEnabled EntityKey
ExternalCollectionName ExternalName HasActivities HasEmailAddresses HasFeedback HasNotes
IconLargeName IconMediumName IconSmallName IconVectorName InheritsFrom IntroducedVersion
IsAIRUpdated IsActivityParty IsArchivalEnabled IsAuditEnabled IsAvailableOffline IsBPFEntity
IsBusinessProcessEnabled IsConnectionsEnabled IsDataSourceSecret IsDenormalizedLookup
IsDocumentManagementEnabled IsDocumentRecommendationsEnabled IsDuplicateDetectionEnabled
IsEnabledForExternalChannels IsEnabledForTrace IsGlobalFilterEnabled IsImportable
IsInteractionCentricEnabled IsKnowledgeManagementEnabled IsMSTeamsIntegrationEnabled
IsMailMergeEnabled IsMappable IsOfflineInMobileClient IsOneNoteIntegrationEnabled
IsQuickCreateEnabled IsReadOnlyInMobileClient IsReadingPaneEnabled IsRenameable
IsRequiredForForm IsRetentionEnabled IsRetrievable IsRetrieveAuditEnabled
IsRetrieveMultipleAuditEnabled IsSLAEnabled IsSearchable IsSolutionAware IsSortableEnabled
IsStateModelAware IsValidForAdvancedFind IsValidForForm IsValidForGrid IsValidForQueue
IsVisibleInMobile IsVisibleInMobileClient LinkedAttributeId MobileOfflineFilters ModifiedOn
OwnerId OwnerIdType OwningBusinessUnit Privileges RecurrenceBaseEntityLogicalName
RelationshipAttributes RelationshipBehavior ReportViewName SecurityTypes SettingOf Settings
SourceType SyncToExternalSearchIndex UsesBusinessDataLabelTable
"""
_ABSENT = frozenset(_NAMES.split())


def unknown_member(name: str, otherwise: ServiceError | None = None) -> ServiceError:
    """The rejection of a member: not modelled, or one that the service has not either."""
    if name in _ABSENT:
        return not_implemented(f"the member '{name}' of definitions")
    return otherwise or bad_syntax(
        f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.MetadataBase'."
    )
