"""Published documents, the register of known gaps, the training report, and files that were asked for."""

from django.urls import path

from ..views import documents, gaps, jobs, reports

urlpatterns = [
    path("", documents.list_documents, name="list_documents"),
    path("publish/", documents.publish_document, name="publish_document"),
    path("<uuid:pk>/", documents.view_document, name="view_document"),
    path("<uuid:pk>/file/", documents.download_document, name="download_document"),
    path("<uuid:pk>/receipt/", documents.view_publication_receipt, name="view_publication_receipt"),
    path("<uuid:pk>/end/", documents.end_document, name="end_document"),
    path("gaps/", gaps.list_gaps, name="list_gaps"),
    path("gaps/add/", gaps.add_gap, name="add_gap"),
    path("gaps/<uuid:pk>/", gaps.view_gap, name="view_gap"),
    path("gaps/<uuid:pk>/step/", gaps.step_gap, name="step_gap"),
    path("training-report/", reports.view_training_report, name="view_training_report"),
    path("training-report/members/", reports.list_training, name="list_training"),
    path("training-report/export/<str:format>/", reports.export_training, name="export_training"),
    path("files/", jobs.list_jobs, name="list_jobs"),
    path("files/<uuid:pk>/", jobs.download_job, name="download_job"),
]
